using System.Diagnostics;
using System.Globalization;
using System.Net;
using Jtfa.Interfaces;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace Jtfa.Lab.Bench;

/// <summary>
/// A silo of <c>jtfa bench ring</c>, a process of its own with one computing thread. The silos know each other by the starter's port,
/// without a database. The starter asks for the texts and reports; the others end with their standard input.
/// </summary>
internal static class RingSilo
{
    private const string Model = "bench";
    private static readonly TimeSpan s_longestLoad = TimeSpan.FromMinutes(5);

    /// <summary>Runs a silo that has stages only.</summary>
    public static async Task ServeAsync(RingSiloSettings settings, CancellationToken cancellationToken)
    {
        using var host = await StartAsync(settings, cancellationToken);
        await Console.In.ReadToEndAsync(cancellationToken);
        await host.StopAsync(CancellationToken.None);
    }

    /// <summary>Runs the starter.</summary>
    public static async Task<RingRun> MeasureAsync(RingSiloSettings settings, CancellationToken cancellationToken)
    {
        using var host = await StartAsync(settings, cancellationToken);
        var (grains, clock) = (host.Services.GetRequiredService<IGrainFactory>(), host.Services.GetRequiredService<TimeProvider>());
        await LoadedAsync(grains.GetGrain<IModelGrain>(Model), cancellationToken);
        await TextsAsync(grains, clock, settings.Sequences, 8, cancellationToken); // compiles
        var (started, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var gaps = await TextsAsync(grains, clock, settings.Sequences, settings.Tokens, cancellationToken);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var run = new RingRun(
            settings.Sequences * settings.Tokens / seconds, gaps[gaps.Count / 2] * 1000, Environment.WorkingSet / 1e6,
            (Environment.CpuUsage.TotalTime - cpu).TotalSeconds / seconds);
        await host.StopAsync(CancellationToken.None);
        return run;
    }

    // Seconds between text tokens, in order of their length.
    private static async Task<List<double>> TextsAsync(
        IGrainFactory grains, TimeProvider clock, int texts, int tokens, CancellationToken cancellationToken)
    {
        var gaps = await Task.WhenAll(Enumerable.Range(0, texts).Select(async i =>
        {
            var text = grains.GetGrain<IGenerationGrain>($"{Model}/{Guid.NewGuid()}");
            var start = await text.StartAsync(
                new TextRequest
                {
                    Model = Model,
                    PromptTokens = [1, .. Enumerable.Range(260 + i, 15)],
                    MaxTokens = tokens,
                    Temperature = 0,
                    LogitBias = new() { [2] = -1000 },
                }, cancellationToken);
            if (start.Answer != TextAnswer.Accepted) throw new InvalidOperationException(start.Fault);
            List<double> between = [];
            var last = Stopwatch.GetTimestamp();
            await foreach (var piece in text.ReadAllAsync(clock, cancellationToken: cancellationToken))
            {
                if (piece.Token is null) continue;
                between.Add(Stopwatch.GetElapsedTime(last).TotalSeconds);
                last = Stopwatch.GetTimestamp();
            }

            return between;
        }));
        return [.. gaps.SelectMany(between => between).Order()];
    }

    private static async Task LoadedAsync(IModelGrain model, CancellationToken cancellationToken)
    {
        for (var started = Stopwatch.GetTimestamp(); ; await Task.Delay(100, cancellationToken))
        {
            var status = await model.GetStatusAsync(cancellationToken);
            if (status is { State: ModelState.Loaded, Fault: null }) return;
            if (status is { State: ModelState.Failed, Fault: { } fault }) throw new InvalidOperationException(fault);
            if (Stopwatch.GetElapsedTime(started) > s_longestLoad)
                throw new InvalidOperationException($"The ring is not whole: {status?.Fault}");
        }
    }

    private static async Task<IHost> StartAsync(RingSiloSettings settings, CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(Configuration(settings));
        Silo.Program.AddSilo(builder);
        builder.UseOrleans(silo => silo.Configure<DevelopmentClusterMembershipOptions>(
            membership => membership.PrimarySiloEndpoint = new IPEndPoint(IPAddress.Loopback, settings.PrimaryPort)));
        var host = builder.Build();
        await host.StartAsync(cancellationToken);
        return host;
    }

    private static Dictionary<string, string?> Configuration(RingSiloSettings settings)
    {
        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
        const string OfModel = "Jtfa:Language:Models:0";
        var configuration = new Dictionary<string, string?>
        {
            ["Jtfa:Cluster:SiloName"] = settings.Name,
            ["Jtfa:Cluster:SiloPort"] = Text(settings.Port),
            ["Jtfa:Cluster:Secret"] = settings.Secret,
            ["Jtfa:Http:Enabled"] = "false",
            ["Jtfa:Ingress:Sockets:0:Port"] = "0",
            ["Jtfa:Log:Path"] = settings.Log,
            ["Jtfa:Language:Threads"] = "1",
            ["Jtfa:Language:MemoryMiB"] = "16384",
            [$"{OfModel}:Name"] = Model,
            [$"{OfModel}:File"] = settings.File,
            [$"{OfModel}:Pages"] = "256",
            [$"{OfModel}:Wire"] = "F16",
        };
        var first = 0;
        for (var stage = 0; stage < settings.Blocks.Length; first += settings.Blocks[stage++])
        {
            configuration[$"{OfModel}:Plan:{stage}:Silo"] = NameOf(stage);
            configuration[$"{OfModel}:Plan:{stage}:First"] = Text(first);
            configuration[$"{OfModel}:Plan:{stage}:Count"] = Text(settings.Blocks[stage]);
        }

        return configuration;
    }

    /// <summary>The name of a stage's silo.</summary>
    public static string NameOf(int stage) => FormattableString.Invariant($"silo-{stage}");
}

/// <summary>What a silo of the bench is told.</summary>
internal sealed record RingSiloSettings(
    string Name, int Port, int PrimaryPort, string Secret, string File, int[] Blocks, string Log, int Sequences, int Tokens);

/// <summary>What a starter has measured.</summary>
/// <param name="TokensPerS">Text tokens a second of all texts, prompts of 16 included.</param>
/// <param name="TpotP50Ms">Between text tokens of a text, median.</param>
/// <param name="RssMb">Its memory.</param>
/// <param name="Busy">CPU seconds a second.</param>
internal sealed record RingRun(double TokensPerS, double TpotP50Ms, double RssMb, double Busy);
