using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Jtfa.Lab.Bench;

namespace Jtfa.Lab.Commands;

/// <summary><c>jtfa bench ring</c>: one model on one, two and three silos.</summary>
internal static class RingBenchCommand
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    private const int KillTokens = 300;

    private static readonly Option<string> s_shape = new("--shape")
    {
        Description = $"Sizes of the model: {string.Join(", ", LanguageShape.All.Select(shape => shape.Name))}.",
        DefaultValueFactory = _ => LanguageShape.All[0].Name,
    };
    private static readonly Option<int> s_tokens =
        new("--tokens") { Description = "Text tokens of each text.", DefaultValueFactory = _ => 64 };
    private static readonly Option<int> s_kills = new("--kills")
    {
        Description = "Instead of speed: so many times a silo is killed or stands still while eight texts are under way.",
    };
    private static readonly Option<int> s_seed = new("--seed") { Description = "Of the faults.", DefaultValueFactory = _ => 1 };
    private static readonly Option<bool> s_asJson = new("--json") { Description = "Print one JSON object." };

    private static readonly Option<string> s_name = new("--name") { Description = "The silo's name.", Required = true };
    private static readonly Option<int> s_port = new("--port") { Description = "Where the others reach it.", Required = true };
    private static readonly Option<int> s_listen = new("--listen") { Description = "Where it listens.", Required = true };
    private static readonly Option<int> s_primary = new("--primary") { Description = "Where they reach the starter.", Required = true };
    private static readonly Option<string> s_secret = new("--secret") { Description = "The cluster's secret.", Required = true };
    private static readonly Option<string> s_file = new("--file") { Description = "The model.", Required = true };
    private static readonly Option<string> s_blocks = new("--blocks") { Description = "Blocks of each silo.", Required = true };
    private static readonly Option<string> s_wire = new("--wire") { Description = "How hidden states travel.", Required = true };
    private static readonly Option<bool> s_forecast = new("--forecast") { Description = "Tell what the plan is expected to do." };
    private static readonly Option<string> s_log = new("--log") { Description = "The silo's database.", Required = true };
    private static readonly Option<int> s_sequences =
        new("--sequences") { Description = "Texts; 0: it is not the starter.", Required = true };

    public static Command Create()
    {
        var command = new Command("ring", "One model on one, two and three silos, each a process with one computing thread.")
        {
            s_shape, s_tokens, s_kills, s_seed, s_asJson,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            void Tell(string line) => Console.Error.WriteLine(line);
            if (parsed.GetResult(s_kills) is not null)
            {
                var kills = await RingKills.RunAsync(
                    new(parsed.Within(s_kills, 1, 10_000), KillTokens, parsed.GetValue(s_seed)), Tell, cancellationToken);
                await Console.Out.WriteLineAsync(parsed.GetValue(s_asJson)
                    ? JsonSerializer.Serialize(kills, s_json)
                    : string.Create(
                        CultureInfo.InvariantCulture,
                        $"{kills.Faults} faults, {kills.Killed} of them kills: {kills.Generations} texts, {kills.Lost} lost, " +
                        $"{kills.Changed} changed; pauses p50 {kills.PauseP50S:F2} s, p99 {kills.PauseP99S:F2} s, " +
                        $"at most {kills.PauseMaxS:F2} s"));
                return;
            }

            var figures = await RingBench.RunAsync(SettingsOf(parsed), Tell, cancellationToken);
            await Console.Out.WriteLineAsync(parsed.GetValue(s_asJson)
                ? JsonSerializer.Serialize(figures, s_json)
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{figures.Shape}: two silos {figures.Ring2Speedup:F2} ×, three {figures.Ring3Speedup:F2} ×; one text on three " +
                    $"{figures.SingleOverhead:P1} longer and three hops of {figures.HopP50Ms:F2} ms; the largest of three has " +
                    $"{figures.MemoryShareLargest:P0} of the memory; forecasts are off by {figures.PlanError:P0} at most"));
        });
        return command.WithExamples(
            "jtfa bench ring --json", "jtfa bench ring --shape stories-15m --tokens 32", "jtfa bench ring --kills 200 --json");
    }

    /// <summary>What the bench starts as its silos; those that are not the starter end with their standard input.</summary>
    public static Command CreateSilo()
    {
        var command = new Command("ring-silo", "A silo of bench ring.")
        {
            s_name, s_port, s_listen, s_primary, s_secret, s_file, s_blocks, s_wire, s_log, s_sequences, s_tokens, s_forecast,
        };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var settings = new RingSiloSettings(
                parsed.GetValue(s_name)!, parsed.GetValue(s_port), parsed.GetValue(s_listen), parsed.GetValue(s_primary),
                parsed.GetValue(s_secret)!, parsed.GetValue(s_file)!,
                [.. parsed.GetValue(s_blocks)!.Split(',').Select(count => int.Parse(count, CultureInfo.InvariantCulture))],
                parsed.GetValue(s_wire)!, parsed.GetValue(s_log)!, parsed.GetValue(s_sequences), parsed.GetValue(s_tokens),
                parsed.GetValue(s_forecast));
            if (settings.Sequences == 0) await RingSilo.ServeAsync(settings, cancellationToken);
            else await RingSilo.MeasureAsync(settings, cancellationToken);
        });
        return command;
    }

    // A small model measures a small one's memory.
    private static RingSettings SettingsOf(ParseResult parsed)
    {
        LanguageShape[] allowed = [.. LanguageShape.All.Where(shape => shape.Blocks >= 3)];
        var shape = Array.Find(allowed, shape => shape.Name == parsed.GetValue(s_shape)) ?? throw new UsageException(
            $"--shape {parsed.GetValue(s_shape)}: allowed is {string.Join(", ", allowed.Select(shape => shape.Name))}");
        var memory = shape == LanguageShape.All[0] ? LanguageShape.All.First(known => known.Name == "nanollama-304m") : shape;
        return new RingSettings(shape, memory, [1, 4], parsed.Within(s_tokens, 8, 1024));
    }
}
