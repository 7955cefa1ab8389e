using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Jtfa.Lab.Bench;
using Jtfa.Core;
using Jtfa.Grains;

namespace Jtfa.Lab.Commands;

/// <summary><c>jtfa bench</c>: measures this machine. Figures in docs/measurements.md come from here.</summary>
internal static class BenchCommand
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private static readonly Option<TokenEncoding> s_mode =
        new("--mode") { Description = "Encoding of the tokens.", DefaultValueFactory = _ => TokenEncoding.HMix };
    private static readonly Option<int> s_wire =
        new("--wire") { Description = "The version of the wire: 1 or 2.", DefaultValueFactory = _ => 1 };
    private static readonly Option<TokenQuantiser> s_quantiser =
        new("--quantiser") { Description = "With --wire 2: to how many levels tokens are rounded." };
    private static readonly Option<string> s_rate =
        new("--rate") { Description = "Tokens a second, or max.", DefaultValueFactory = _ => "60000" };
    private static readonly Option<double> s_seconds =
        new("--seconds") { Description = "How long the sender sends.", DefaultValueFactory = _ => 20 };
    private static readonly Option<double> s_thin =
        new("--thin") { Description = "Share of decisions sent with K − 1 views only, which fire by T.", DefaultValueFactory = _ => 0.05 };
    private static readonly Option<double> s_timeout =
        new("--timeout") { Description = "T, milliseconds.", DefaultValueFactory = _ => 100 };
    private static readonly Option<double> s_linger =
        new("--linger") { Description = "Linger, milliseconds.", DefaultValueFactory = _ => 100 };
    private static readonly Option<double> s_warmUp =
        new("--warm-up") { Description = "Seconds of the same load on another scene before, not counted.", DefaultValueFactory = _ => 5 };
    private static readonly Option<int> s_pages =
        new("--pages") { Description = "Live pages that watch the scene meanwhile, in a process of their own." };
    private static readonly Option<int> s_followers =
        new("--followers") { Description = "Programs that follow its decisions meanwhile, in the same process." };
    private static readonly Option<double> s_stream = new("--stream")
    {
        Description = "Seconds for which, afterwards, an outside subscriber of the Orleans stream is measured.",
        DefaultValueFactory = _ => 3,
    };
    private static readonly Option<TokenAuthentication> s_authentication = new("--authentication")
    {
        Description = "Which tokens the silo takes: Open, or Prefer or Require, for which the sender signs with keys made for the run.",
        DefaultValueFactory = _ => TokenAuthentication.Open,
    };
    private static readonly Option<bool> s_asJson = new("--json") { Description = "Print one JSON object." };

    private static readonly Option<int> s_scenes = new("--scenes") { Description = "How many scenes.", DefaultValueFactory = _ => 1000 };
    private static readonly Option<int> s_views =
        new("--views") { Description = "Views of each; K is one less.", DefaultValueFactory = _ => 4 };
    private static readonly Option<double> s_sceneRate =
        new("--rate", "--scene-rate") { Description = "Decisions a second and scene.", DefaultValueFactory = _ => 10 };

    private static readonly Option<string> s_to = new("--to") { Description = "The gateway, host:port.", Required = true };
    private static readonly Option<FileInfo?> s_keys =
        new("--keys") { Description = "The keys of the scene's views; without, no token is signed." };
    private static readonly Option<double> s_width = new("--width") { Description = "W, milliseconds.", Required = true };

    private static readonly Option<string> s_gateway =
        new("--gateway") { Description = "The silo's port for cluster clients, host:port.", Required = true };
    private static readonly Option<string> s_clientSecret =
        new("--client-secret") { Description = "The cluster's client secret.", Required = true };

    private static readonly Option<double> s_floodRate =
        new("--rate") { Description = "Tokens a second of the flood.", DefaultValueFactory = _ => 60_000 };
    private static readonly Option<double> s_floodSeconds =
        new("--seconds") { Description = "How long the flood lasts.", DefaultValueFactory = _ => 8 };

    private static readonly Option<double> s_laneSeconds =
        new("--seconds") { Description = "How long each figure is measured.", DefaultValueFactory = _ => 3 };

    private static readonly Option<string> s_server = new("--server") { Description = "The silo's URL.", Required = true };
    private static readonly Option<string> s_scene = new("--scene") { Description = "The scene.", Required = true };

    public static Command Create() =>
        new Command("bench", "Measure this machine.")
        {
            Ingest(), Scenes(), Flood(), Lanes(), Tags(), LanguageBenchCommand.Create(), FormatsBenchCommand.Create(),
            ChatBenchCommand.Create(), ServingBenchCommand.Create(), BesideBenchCommand.Create(), RingBenchCommand.Create(),
            RingBenchCommand.CreateSilo(), Send(), SendScenes(), SendFlood(), Read(), BesideBenchCommand.CreateReaders(), Subscribe(),
        }.WithExamples("jtfa bench ingest", "jtfa bench scenes", "jtfa bench flood");

    private static Command Ingest()
    {
        var command = new Command(
            "ingest",
            "A sender in a process of its own (N = 4 views, published-format packets of 16 numbers, fresh timestamps) against a silo " +
            "with K = 3 on loopback, SQLite log included.")
        {
            s_mode, s_wire, s_quantiser, s_rate, s_seconds, s_thin, s_timeout, s_linger, s_warmUp, s_pages, s_followers, s_stream,
            s_authentication, s_asJson,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var settings = SettingsOf(parsed);
            var policy = new SceneOptions { T = settings.TimeoutMs, Linger = settings.LingerMs }.ToPolicy();
            if (policy.Faults().ToList() is { Count: > 0 } faults) throw new UsageException(string.Join("; ", faults));
            var result = await IngestBench.RunAsync(settings, cancellationToken);
            if (parsed.GetValue(s_asJson)) await Console.Out.WriteLineAsync(JsonSerializer.Serialize(result, s_json));
            else foreach (var line in IngestReport.Lines(result)) await Console.Out.WriteLineAsync(line);
            return result.Correct == result.Decided && result.Received + result.KernelDrops >= result.Sent ? 0 : Faults.FaultExitCode;
        });
        return command.WithExamples("jtfa bench ingest", "jtfa bench ingest --rate max --seconds 10 --json");
    }

    private static Command Scenes()
    {
        var command = new Command(
            "scenes", "Many scenes on one silo, their cameras in a process of their own sending one by one, SQLite log included.")
        {
            s_scenes, s_views, s_sceneRate, s_seconds, s_warmUp, s_asJson,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var result = await ScenesBench.RunAsync(ScenesOf(parsed), cancellationToken);
            if (parsed.GetValue(s_asJson)) await Console.Out.WriteLineAsync(JsonSerializer.Serialize(result, s_json));
            else await Console.Out.WriteLineAsync(ScenesLine(result));
            return result.Lost == 0 && result.Correct == result.Expected ? 0 : Faults.FaultExitCode;
        });
        return command.WithExamples("jtfa bench scenes --scenes 200 --rate 5");
    }

    private static Command Flood()
    {
        var command =
            new Command("flood", "A flood of fresh decision ids into one scene, beside another scene of four cameras at 10 " +
                "Hz.") { s_floodRate, s_floodSeconds, s_asJson };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var result = await FloodBench.RunAsync(parsed.GetValue(s_floodRate), parsed.GetValue(s_floodSeconds), cancellationToken);
            if (parsed.GetValue(s_asJson)) await Console.Out.WriteLineAsync(JsonSerializer.Serialize(result, s_json));
            else await Console.Out.WriteLineAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"neighbour: {result.Decided} of {result.Expected} decisions, fire latency p99 {result.NeighbourP99Ms:F1} ms; flood: " +
                    $"{result.FloodTokens:N0} tokens sent, {result.FloodDropped:N0} dropped; RSS {result.PeakRssMb:F0} MB at most, " +
                    $"{result.RssBefore:F0} before, {result.RssAfter:F0} MB 10 s after"));
            return result.Decided == result.Expected ? 0 : Faults.FaultExitCode;
        });
        return command.WithExamples("jtfa bench flood --rate 30000 --seconds 5");
    }

    private static Command Lanes()
    {
        var command = new Command("lanes", "What a call of a lane costs on the gateway's own silo and on another.")
        {
            s_laneSeconds, s_asJson,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (!(parsed.GetValue(s_laneSeconds) is >= 0.1 and <= 60 and var seconds))
                throw new UsageException($"--seconds {parsed.GetValue(s_laneSeconds)}: allowed is 0.1 … 60");
            var results = await LanesBench.RunAsync(seconds, cancellationToken);
            if (parsed.GetValue(s_asJson)) await Console.Out.WriteLineAsync(JsonSerializer.Serialize(results, s_json));
            else foreach (var result in results) await Console.Out.WriteLineAsync(LaneLine(result));
            return 0;
        });
        return command.WithExamples("jtfa bench lanes");
    }

    private static Command Tags()
    {
        var command = new Command("tags", "What a token's tag costs: bytes, and time to sign and to check it beside parsing. Prints JSON.");
        command.SetAction(async (_, cancellationToken) =>
        {
            var result = await Task.Factory.StartNew(
                () => TagsBench.Run(cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(result, s_json));
            return 0;
        });
        return command.WithExamples("jtfa bench tags");
    }

    private static string LaneLine(LaneCalls r) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(r.IsRemote ? "remote" : "local"),-6} lane, {r.TokensPerCall,2} tokens a call: p50 {r.P50Micros:F0} p99 {r.P99Micros:F0} µs; " +
        $"{r.CallsPerSecond:N0} calls a second, {r.CpuMicrosPerCall:F1} µs of CPU each");

    // What flood starts as its sender.
    private static Command SendFlood()
    {
        var command = new Command("send-flood", "Send the flood of bench flood.") { s_to, s_floodRate, s_floodSeconds };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var sent = await Task.Factory.StartNew(
                () => FloodBench.Send(
                    parsed.GetValue(s_to)!, parsed.GetValue(s_floodRate), parsed.GetValue(s_floodSeconds), cancellationToken),
                cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(sent, s_json));
            return 0;
        });
        return command;
    }

    // What ingest starts as a subscriber; the end of standard input is its end.
    private static Command Subscribe()
    {
        var command = new Command("subscribe", "Subscribe to a scene's Orleans stream from outside the silo.")
        {
            s_gateway, s_scene, s_clientSecret,
        };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var load = await StreamSubscriber.RunAsync(
                parsed.GetValue(s_gateway)!, parsed.GetValue(s_scene)!, parsed.GetValue(s_clientSecret)!, cancellationToken);
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(load, s_json));
            return 0;
        });
        return command;
    }

    // What scenes starts as its sender.
    private static Command SendScenes()
    {
        var command = new Command("send-scenes", "Send the load of bench scenes.") { s_to, s_scenes, s_views, s_sceneRate, s_seconds };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var sent = await Task.Factory.StartNew(
                () => SceneSender.Run(parsed.GetValue(s_to)!, ScenesOf(parsed), cancellationToken),
                cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(sent, s_json));
            return 0;
        });
        return command;
    }

    private static ScenesSettings ScenesOf(ParseResult parsed)
    {
        if (parsed.GetValue(s_scenes) is not (>= 1 and <= 10_000 and var scenes))
            throw new UsageException($"--scenes {parsed.GetValue(s_scenes)}: allowed is 1 … 10000");
        if (parsed.GetValue(s_views) is not (>= 1 and <= 64 and var views))
            throw new UsageException($"--views {parsed.GetValue(s_views)}: allowed is 1 … 64");
        if (!(parsed.GetValue(s_sceneRate) is >= 1 and <= 40 and var rate))
            throw new UsageException($"--rate {parsed.GetValue(s_sceneRate)}: allowed is 1 … 40");
        var warmUp = parsed.CommandResult.Command.Options.Contains(s_warmUp) ? parsed.GetValue(s_warmUp) : 0;
        return new ScenesSettings(scenes, views, rate, parsed.GetValue(s_seconds), warmUp);
    }

    private static string ScenesLine(ScenesResult r) => string.Create(
        CultureInfo.InvariantCulture,
        $"{r.Scenes} scenes ready in {r.ReadySeconds:F1} s: {r.Tokens:N0} tokens ({r.TokensPerSecond:N0} a second), {r.Lost} lost; " +
        $"{r.Expected:N0} decisions sent, {r.Decisions:N0} in the log, {r.Correct:N0} correct; fire latency p50 {r.FireP50Ms:F2} p99 " +
        $"{r.FireP99Ms:F2} ms; {r.CpuSecondsPerMillionTokens:F1} CPU s a million tokens, peak RSS {r.PeakRssMb:F0} MB");

    // What ingest starts as its sender.
    private static Command Send()
    {
        var command = new Command("send", "Send the load of bench ingest.")
        {
            s_to, s_width, s_mode, s_wire, s_quantiser, s_rate, s_seconds, s_thin, s_scene, s_keys,
        };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var signer =
                parsed.GetValue(s_keys) is { } keys ? new LoadSigner(keys.FullName, parsed.GetValue(s_scene)!) : null;
            var sent = await Task.Factory.StartNew(
                () => LoadSender.Run(
                    parsed.GetValue(s_to)!, parsed.GetValue(s_width) / 1000, SettingsOf(parsed), signer, cancellationToken),
                cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(sent, s_json));
            return 0;
        });
        return command;
    }

    // What ingest starts as its readers; the end of standard input is theirs.
    private static Command Read()
    {
        var command = new Command("read", "Read live beside bench ingest.") { s_server, s_scene, s_pages, s_followers };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var readers = new LoadReaders(new Uri(parsed.GetValue(s_server)!));
            var reading = readers.RunAsync(parsed.GetValue(s_scene)!, parsed.GetValue(s_pages), parsed.GetValue(s_followers), end.Token);
            await Task.WhenAny(reading, Console.In.ReadToEndAsync(cancellationToken));
            await end.CancelAsync();
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(await reading, s_json));
            return 0;
        });
        return command;
    }

    private static IngestSettings SettingsOf(ParseResult parsed)
    {
        var rate = parsed.GetValue(s_rate)!;
        double tokens = 0;
        if (rate != "max" && (!double.TryParse(rate, CultureInfo.InvariantCulture, out tokens) || tokens is not (>= 1 and <= 1e6)))
            throw new UsageException($"--rate {rate}: allowed is 1 … 1000000 or max");
        var (seconds, thin) = (parsed.GetValue(s_seconds), parsed.GetValue(s_thin));
        if (!(seconds is > 0 and <= 3600)) throw new UsageException($"--seconds {seconds}: allowed is above 0 … 3600");
        if (!(thin is >= 0 and <= 1)) throw new UsageException($"--thin {thin}: allowed is 0 … 1");
        if (!(parsed.GetValue(s_warmUp) is >= 0 and <= 600 and var warmUp))
            throw new UsageException($"--warm-up {parsed.GetValue(s_warmUp)}: allowed is 0 … 600");
        if (parsed.GetValue(s_pages) is not (>= 0 and <= 10_000 and var pages))
            throw new UsageException($"--pages {parsed.GetValue(s_pages)}: allowed is 0 … 10000");
        if (parsed.GetValue(s_followers) is not (>= 0 and <= 10_000 and var followers))
            throw new UsageException($"--followers {parsed.GetValue(s_followers)}: allowed is 0 … 10000");
        if (parsed.GetValue(s_wire) is not (1 or 2)) throw new UsageException($"--wire {parsed.GetValue(s_wire)}: allowed is 1 or 2");
        if (parsed.GetValue(s_quantiser) != TokenQuantiser.Int8 && parsed.GetValue(s_wire) == 1)
            throw new UsageException($"--quantiser {parsed.GetValue(s_quantiser)}: allowed is with --wire 2");
        return new IngestSettings(
            parsed.GetValue(s_mode), rate == "max" ? null : tokens, seconds, thin, parsed.GetValue(s_timeout), parsed.GetValue(s_linger),
            warmUp, pages, followers,
            parsed.CommandResult.Command.Options.Contains(s_stream) ? parsed.GetValue(s_stream) : 0,
            parsed.GetValue(s_authentication), parsed.GetValue(s_wire), parsed.GetValue(s_quantiser));
    }
}
