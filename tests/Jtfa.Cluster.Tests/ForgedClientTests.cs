using System.Reflection;
using Jtfa.Client;
using Jtfa.Cluster.Tests.Processes;
using Jtfa.Core;
using Jtfa.Interfaces;
using Microsoft.Extensions.DependencyInjection;

namespace Jtfa.Cluster.Tests;

/// <summary>Programs that know the client secret and, unlike Orleans' own client, do not say who they are.</summary>
public sealed class ForgedClientTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task A_client_that_claims_to_be_a_silo_is_cut_off_and_nothing_that_it_reports_is_taken()
    {
        LongForm.Needed(seconds: 35);
        await using var stage = await ClusterStage.StartAsync(new ClusterPlan { FusionSilos = 1, CameraSilos = 0, Scenes = 1 });
        var (cluster, silo) = (stage.Cluster, Assert.Single(await stage.Client.Orleans.GetGrain<IManagementGrain>(0).GetHosts()).Key);
        var own = Client($"hosted-{silo.ToParsableString()}");

        // From its first word on.
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using var posing = await ConnectAsync(cluster, services => Identify(services, own));
            await Report(posing.Orleans(), 1);
        });
        await cluster.Fusion[0].Program.Errors.MatchAsync("Ended the connection of the client at .*: it claims to be no client");

        // In single messages: as a silo's own client, as a lane of the scene, as another client, and as nobody.
        using var known = await ConnectAsync(cluster, _ => { });
        foreach (var (index, name) in new[] { own, GrainId.Create("fusionwindow", "yard-0/0"), Client("another"), default }.Index())
        {
            var said = Speak(known.Services, name);
            var report = Report(known.Orleans(), index + 2);
            Assert.NotNull(await Record.ExceptionAsync(() => report.WaitAsync(s_patience, Cancellation)));
            Speak(known.Services, said);

            // It connects anew, and is heard while it says who it is.
            await ClusterStage.UntilAsync(async () => await IsAnsweredAsync(known.Orleans()));
        }

        var statistics = await stage.Client.Orleans.GetGrain<ISceneGrain>("yard-0").GetStatisticsAsync(Cancellation);
        Assert.Equal(0, statistics.Decisions);
        Assert.Empty((await cluster.ReadLogAsync()).Numbers);
    }

    private static async Task Report(IClusterClient client, long id) => await client.GetGrain<ISceneGrain>("yard-0").ReportAsync(
        new LaneReport([ForgedDecision(id)], []));

    private static Decision ForgedDecision(long id) => new()
    {
        Scene = "yard-0",
        Id = id,
        Timestamp = TokenSocket.Now,
        Cause = FireCause.K,
        M = 3,
        FillRatio = 0.75,
        Bytes = 100,
        LatMean = 1,
        P50 = 1,
        P90 = 1,
        P99 = 1,
        TailFactor = 1,
        Pred = 1,
        Gt = 1,
        Confidence = 1,
        Views = [0, 1, 2],
    };

    private static async Task<bool> IsAnsweredAsync(IClusterClient client)
    {
        try
        {
            await client.GetGrain<ISceneGrain>("yard-0").GetStatisticsAsync(Cancellation).WaitAsync(s_patience, Cancellation);
            return true;
        }
        catch (Exception) when (!Cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    private static Task<Microsoft.Extensions.Hosting.IHost> ConnectAsync(RunningCluster cluster, Action<IServiceProvider> pose) =>
        StrangerClient.ConnectAsync(
            client =>
            {
                client.UseAdoNetClustering(
                    options => (options.Invariant, options.ConnectionString) = ("Npgsql", cluster.ConnectionString));
                client.UseJtfaClientSecret(cluster.Secret.ClientSecret);
            },
            pose);

    private static GrainId Client(string name) => GrainId.Create("sys.client", name);

    // What it says when it connects, and from then on.
    private static void Identify(IServiceProvider services, GrainId name)
    {
        var details = OfOrleans(services, "Orleans.LocalClientDetails");
        var field = details.GetType().GetField("<ClientId>k__BackingField", BindingFlags.Instance | BindingFlags.NonPublic)!;
        var arguments = new object[] { name.Key };
        field.SetValue(details, field.FieldType.GetMethod("Create", [typeof(IdSpan)])!.Invoke(null, arguments));
    }

    // What it says in each message.
    private static GrainId Speak(IServiceProvider services, GrainId name)
    {
        var client = OfOrleans(services, "Orleans.OutsideRuntimeClient");
        var property = client.GetType().GetProperty("CurrentActivationAddress")!;
        var said = (GrainAddress)property.GetValue(client)!;
        property.SetValue(client, new GrainAddress { GrainId = name, ActivationId = said.ActivationId, SiloAddress = said.SiloAddress });
        return said.GrainId;
    }

    private static object OfOrleans(IServiceProvider services, string type) =>
        services.GetRequiredService(Type.GetType($"{type}, Orleans.Core", throwOnError: true)!);
}
