using System.Collections.Concurrent;
using System.Diagnostics;
using Jtfa.Client;
using Jtfa.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace Jtfa.Cluster.Tests.Processes;

/// <summary>A client of a running cluster, outside it: follows every scene and remembers when it heard of each decision.</summary>
internal sealed class ClusterClient : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly CancellationTokenSource _stop = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly ConcurrentDictionary<string, List<(long Decision, double At)>> _heard = new();
    private Task _following = Task.CompletedTask;

    private ClusterClient(IHost host) => _host = host;

    public ClusterJtfaClient Jtfa => new(Orleans);

    /// <summary>Orleans' own client.</summary>
    public IClusterClient Orleans => _host.Services.GetRequiredService<IClusterClient>();

    /// <summary>Seconds since this client was made: the clock of what it heard.</summary>
    public double Now => _clock.Elapsed.TotalSeconds;

    /// <summary>Connects to any silo of a cluster that takes clients.</summary>
    public static async Task<ClusterClient> ConnectAsync(RunningCluster cluster)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        var secret = cluster.Secret;
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = ("jtfa", "jtfa"));
            client.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", cluster.ConnectionString));
            client.Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = TimeSpan.FromSeconds(2));
            client.AddMemoryStreams(JtfaNames.Streams);
            client.UseJtfaClientSecret(secret.ClientSecret);
        });
        var client = new ClusterClient(builder.Build());
        await client._host.StartAsync(TestContext.Current.CancellationToken);
        return client;
    }

    /// <summary>The grains that are active in the cluster, each with its silo's port; one that runs twice stands here twice.</summary>
    public async Task<IReadOnlyList<ActiveGrain>> ActiveGrainsAsync()
    {
        var active = await Orleans.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics();
        return [.. active.Select(grain => new ActiveGrain(
            grain.GrainId.Type.ToString()!, grain.GrainId.Key.ToString()!, grain.SiloAddress.Endpoint.Port))];
    }

    /// <summary>Begins to follow scenes.</summary>
    public void Follow(IEnumerable<string> scenes) => _following = Task.WhenAll(scenes.Select(FollowAsync));

    /// <summary>What was heard of a scene so far, in order.</summary>
    public IReadOnlyList<(long Decision, double At)> Heard(string scene)
    {
        var heard = _heard.GetOrAdd(scene, _ => []);
        lock (heard) return [.. heard];
    }

    /// <summary>Waits until every scene has decided something after a moment; the last of them tells when.</summary>
    public async Task<double> AllDecideAfterAsync(IReadOnlyList<string> scenes, double after, TimeSpan deadline)
    {
        var end = Now + deadline.TotalSeconds;
        while (Now < end)
        {
            var first = scenes.Select(
                scene => Heard(scene).Where(heard => heard.At > after).Select(heard => (double?)heard.At).FirstOrDefault()).ToList();
            if (first.All(at => at is not null)) return first.Max()!.Value;
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException(
            $"Not every scene decided within {deadline}: " +
            $"{string.Join(", ", scenes.Select(scene => $"{scene} {Heard(scene).Count(heard => heard.At > after)}"))}");
    }

    /// <summary>The longest time between two decisions of one scene, as this client heard them, seconds.</summary>
    public double LongestGap(IEnumerable<string> scenes, double from, double to) =>
        scenes.Max(scene => Gaps.Longest(Heard(scene).Select(heard => heard.At), from, to));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _host.StopAsync(CancellationToken.None);
        _host.Dispose();
        _stop.Dispose();
    }

    private async Task FollowAsync(string scene)
    {
        var heard = _heard.GetOrAdd(scene, _ => []);
        await foreach (var decision in Jtfa.FollowAsync(scene, cancellationToken: _stop.Token))
            lock (heard) heard.Add((decision.Id, Now));
    }
}

/// <summary>An active grain.</summary>
/// <param name="Type">What it is: scene, cameraview, fusionwindow.</param>
/// <param name="Key">Its key.</param>
/// <param name="SiloPort">Its silo's port.</param>
internal sealed record ActiveGrain(string Type, string Key, int SiloPort);
