using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
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
    /// <summary>The model's name.</summary>
    public const string Model = "bench";

    /// <summary>What a starter prints when it begins to measure; the next line is what it measured.</summary>
    public const string Measures = "measures";

    /// <summary>What a silo that has stages only prints when it is up.</summary>
    public const string Up = "up";

    /// <summary>How a starter writes what it measured.</summary>
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private const int MissedProbes = 2;
    private const int Votes = 2;
    private const int ConnectionsToEachSilo = 4;
    private const int Parts = 10; // of the time, by which text tokens are counted

    private static readonly TimeSpan s_longestLoad = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    // As silos have them that know each other by a database.
    private static readonly TimeSpan s_probeTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_responseTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Runs a silo that has stages only.</summary>
    public static async Task ServeAsync(RingSiloSettings settings, CancellationToken cancellationToken)
    {
        using var host = await StartAsync(settings, cancellationToken);
        await Console.Out.WriteLineAsync(Up);
        await Console.In.ReadToEndAsync(cancellationToken);
        await host.StopAsync(CancellationToken.None);
    }

    /// <summary>Runs the starter.</summary>
    public static async Task MeasureAsync(RingSiloSettings settings, CancellationToken cancellationToken)
    {
        using var host = await StartAsync(settings, cancellationToken);
        var (grains, clock) = (host.Services.GetRequiredService<IGrainFactory>(), host.Services.GetRequiredService<TimeProvider>());
        await LoadAsync(grains, settings.Blocks.Length, cancellationToken);
        var forecast = settings.IsForecast ? await ForecastAsync(grains, settings, cancellationToken) : 0;
        await TextsAsync(grains, clock, settings.Sequences, 8, cancellationToken); // compiles
        await Console.Out.WriteLineAsync(Measures);
        var texts = await TextsAsync(grains, clock, settings.Sequences, settings.Tokens, cancellationToken);
        var gaps = texts.SelectMany(text => text.Skip(1)).Order().ToList();
        double[] times = [.. texts.SelectMany(TimesOf).Order()];
        var run = new RingRun(
            times.Length / times[^1], texts.Sum(text => (text.Count - 1) / text.Skip(1).Sum()), gaps[gaps.Count / 2] * 1000, forecast,
            times[^1],
            [.. Enumerable.Range(1, Parts).Select(part => (double)times.Count(time => time <= times[^1] * part / Parts))]);
        await Console.Out.WriteLineAsync(JsonSerializer.Serialize(run, Json));
        await host.StopAsync(CancellationToken.None);
    }

    private static IEnumerable<double> TimesOf(List<double> between)
    {
        var time = 0.0;
        foreach (var seconds in between) yield return time += seconds;
    }

    // What the plan is expected to do.
    private static async Task<double> ForecastAsync(
        IGrainFactory grains, RingSiloSettings settings, CancellationToken cancellationToken)
    {
        var first = 0;
        var stages = settings.Blocks.Select((count, stage) => new StagePlan
        {
            Silo = NameOf(stage),
            First = (first += count) - count,
            Count = count,
        });
        var plan = PlanText.Format(new ModelPlan { Model = Model, Stages = [.. stages] });
        PlanProposal? proposal = null;
        async Task<bool> IsProposedAsync()
        {
            proposal = await grains.GetGrain<IModelPlannerGrain>(Model).ProposeAsync(
                settings.Sequences, PlanGoal.Throughput, plan, cancellationToken);
            return proposal is { Fault: null };
        }

        // A silo's name may be known a moment later than the silo.
        await UntilAsync(IsProposedAsync, () => $"There is no forecast: {proposal?.Fault}", Stopwatch.GetTimestamp(), cancellationToken);
        return proposal!.TokensPerSecond;
    }

    // Of each text, seconds from one text token to the next; the first is from the beginning.
    private static async Task<List<double>[]> TextsAsync(
        IGrainFactory grains, TimeProvider clock, int texts, int tokens, CancellationToken cancellationToken)
    {
        return await Task.WhenAll(Enumerable.Range(0, texts).Select(async i =>
        {
            var text = grains.GetGrain<IGenerationGrain>($"{Model}/{Guid.NewGuid()}");
            var last = Stopwatch.GetTimestamp();
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
            await foreach (var piece in text.ReadAllAsync(clock, cancellationToken: cancellationToken))
            {
                if (piece.End is { Fault: { } fault }) throw new InvalidOperationException(fault);
                if (piece.Token is null) continue;
                between.Add(Stopwatch.GetElapsedTime(last).TotalSeconds);
                last = Stopwatch.GetTimestamp();
            }

            return between;
        }));
    }

    /// <summary>Has the starter load the model when all silos are there, and waits until it has its stages.</summary>
    /// <param name="grains">The starter's.</param>
    /// <param name="silos">How many there will be.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InvalidOperationException">It has not.</exception>
    public static async Task LoadAsync(IGrainFactory grains, int silos, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var management = grains.GetGrain<IManagementGrain>(0);
        async Task<bool> AreAllThereAsync() => (await management.GetHosts(onlyActive: true, cancellationToken)).Count >= silos;
        await UntilAsync(AreAllThereAsync, () => $"There are no {silos} silos.", started, cancellationToken);
        var model = grains.GetGrain<IModelGrain>(Model);
        var status = await model.LoadAsync(cancellationToken);
        async Task<bool> IsLoadedAsync()
        {
            status = await model.GetStatusAsync(cancellationToken);
            return status is { State: ModelState.Failed, Fault: { } fault }
                ? throw new InvalidOperationException(fault) : status is { State: ModelState.Loaded, Fault: null };
        }

        await UntilAsync(IsLoadedAsync, () => $"The ring is not whole: {status?.Fault}", started, cancellationToken);
    }

    private static async Task UntilAsync(
        Func<Task<bool>> isSo, Func<string> complaint, long started, CancellationToken cancellationToken)
    {
        while (!await isSo())
        {
            if (Stopwatch.GetElapsedTime(started) > s_longestLoad) throw new InvalidOperationException(complaint());
            await Task.Delay(s_look, cancellationToken);
        }
    }

    /// <summary>Starts a silo.</summary>
    public static async Task<IHost> StartAsync(RingSiloSettings settings, CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(Configuration(settings));
        Silo.Program.AddSilo(builder);
        builder.UseOrleans(silo =>
        {
            silo.Configure<DevelopmentClusterMembershipOptions>(
                membership => membership.PrimarySiloEndpoint = new IPEndPoint(IPAddress.Loopback, settings.PrimaryPort));
            silo.Configure<EndpointOptions>(endpoints =>
            {
                endpoints.SiloPort = settings.Port;
                endpoints.SiloListeningEndpoint = new IPEndPoint(IPAddress.Loopback, settings.ListenPort);
            });
            silo.Configure<SiloMessagingOptions>(
                messaging => messaging.ResponseTimeout = messaging.SystemResponseTimeout = s_responseTimeout);
            silo.Configure<ConnectionOptions>(connections => connections.ConnectionsPerEndpoint = ConnectionsToEachSilo);
            silo.Configure<ClusterMembershipOptions>(membership =>
            {
                membership.ProbeTimeout = membership.MaxProbeTimeout = s_probeTimeout;
                (membership.NumMissedProbesLimit, membership.NumVotesForDeathDeclaration) = (MissedProbes, Votes);
            });
        });
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
            ["Jtfa:Cluster:SiloPort"] = Text(settings.ListenPort),
            ["Jtfa:Cluster:Secret"] = settings.Secret,
            ["Jtfa:Http:Enabled"] = "false",
            ["Jtfa:Ingress:Sockets:0:Port"] = "0",
            ["Jtfa:Log:Path"] = settings.Log,
            ["Jtfa:Language:Threads"] = "1",
            ["Jtfa:Language:MemoryMiB"] = "16384",
            [$"{OfModel}:Name"] = Model,
            [$"{OfModel}:File"] = settings.File,
            [$"{OfModel}:Pages"] = "256",
            [$"{OfModel}:Preload"] = "false", // the stages come up where silos are
            [$"{OfModel}:Wire"] = settings.Wire,
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
/// <param name="Name">Its name.</param>
/// <param name="Port">Where the others reach it.</param>
/// <param name="ListenPort">Where it listens: where they reach it, or behind a link.</param>
/// <param name="PrimaryPort">Where they reach the starter.</param>
/// <param name="Secret">The cluster's secret.</param>
/// <param name="File">The model.</param>
/// <param name="Blocks">Blocks of each stage.</param>
/// <param name="Wire">How hidden states travel.</param>
/// <param name="Log">Its database.</param>
/// <param name="Sequences">Texts at once; 0: it has stages only.</param>
/// <param name="Tokens">Text tokens of each.</param>
/// <param name="IsForecast">Whether the starter tells what the plan is expected to do, which takes some seconds.</param>
internal sealed record RingSiloSettings(
    string Name, int Port, int ListenPort, int PrimaryPort, string Secret, string File, int[] Blocks, string Wire, string Log,
    int Sequences, int Tokens, bool IsForecast)
{
    /// <summary>The command line of a process with these settings.</summary>
    public FormattableString[] Arguments =>
    [
        $"bench", $"ring-silo", $"--name", $"{Name}", $"--port", $"{Port}", $"--listen", $"{ListenPort}", $"--primary", $"{PrimaryPort}",
        $"--secret", $"{Secret}", $"--file", $"{File}", $"--blocks", $"{string.Join(',', Blocks)}", $"--wire", $"{Wire}",
        $"--log", $"{Log}", $"--sequences", $"{Sequences}", $"--tokens", $"{Tokens}", $"--forecast", $"{IsForecast}",
    ];
}

/// <summary>What a starter has measured.</summary>
/// <param name="TokensPerS">Text tokens a second of all texts, prompts of 16 included.</param>
/// <param name="DecodeTokensPerS">The same after the first text token of each.</param>
/// <param name="TpotP50Ms">Between text tokens of a text, median.</param>
/// <param name="ForecastTokensPerS">Text tokens a second that the plan is expected to come to; 0: it was not asked.</param>
/// <param name="Seconds">From the beginning to the last text token.</param>
/// <param name="TokensByTenth">Text tokens that were there after each tenth of that time.</param>
internal sealed record RingRun(
    double TokensPerS, double DecodeTokensPerS, double TpotP50Ms, double ForecastTokensPerS, double Seconds, double[] TokensByTenth)
{
    /// <summary>Memory of each silo at most, MB; the starter's first.</summary>
    public double[] RssMb { get; init; } = [];

    /// <summary>CPU seconds a second of each silo.</summary>
    public double[] Busy { get; init; } = [];

    /// <summary>Bytes that went over the links, where there were any.</summary>
    public long LinkBytes { get; init; }
}
