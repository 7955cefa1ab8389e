using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Jtfa.Lab.Bench;

namespace Jtfa.Lab.Commands;

/// <summary><c>jtfa bench chat</c>: dynamic batching beside static batching.</summary>
internal static class ChatBenchCommand
{
    private static readonly Option<FileInfo?> s_model = ModelToMeasure.Option("the one that comes with the program");
    private static readonly Option<int> s_threads = new("--threads") { Description = "Threads.", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> s_clients =
        new("--clients") { Description = "Texts that run together at most.", DefaultValueFactory = _ => 8 };
    private static readonly Option<int> s_rounds =
        new("--rounds") { Description = "How often each kind of batching serves; figures are medians.", DefaultValueFactory = _ => 5 };
    private static readonly Option<double> s_seconds =
        new("--seconds") { Description = "How long texts are asked for in a round.", DefaultValueFactory = _ => 10 };
    private static readonly Option<double> s_load = new("--load")
    {
        Description = "Texts asked for a second, as a multiple of what dynamic batching serves when each client asks one after another.",
        DefaultValueFactory = _ => 1.1,
    };
    private static readonly Option<int> s_seed =
        new("--seed") { Description = "Of prompts, lengths and times.", DefaultValueFactory = _ => 1 };
    private static readonly Option<bool> s_asJson = new("--json") { Description = "Print one JSON object." };

    public static Command Create()
    {
        var command = new Command("chat", "Texts asked for at random times, by dynamic and by static batching in turn.")
        {
            s_model, s_threads, s_clients, s_rounds, s_seconds, s_load, s_seed, s_asJson,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var figures = await ChatBench.RunAsync(SettingsOf(parsed), cancellationToken);
            await Console.Out.WriteLineAsync(parsed.GetValue(s_asJson)
                ? JsonSerializer.Serialize(figures, LanguageBenchCommand.Json)
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{figures.Model}, {figures.Clients} at once, {figures.OfferedPerS:F1} texts/s: dynamic {Line(figures.Dynamic)}; " +
                    $"static {Line(figures.Static)}; dynamic ÷ static: text tokens {figures.TokensRatio:F2}, " +
                    $"TTFT p90 {figures.TtftP90Ratio:F3}"));
        });
        return command.WithExamples("jtfa bench chat --clients 8 --json");
    }

    private static string Line(BatchingFigures figures) => string.Create(
        CultureInfo.InvariantCulture,
        $"{figures.TokensPerS:F0} text tokens/s, TTFT p50 {figures.TtftP50Ms:F0} p90 {figures.TtftP90Ms:F0} ms, " +
        $"TPOT p50 {figures.TpotP50Ms:F1} ms, JCT p90 {figures.JctP90Ms:F0} ms");

    private static ChatSettings SettingsOf(ParseResult parsed)
    {
        var (path, name) = ModelToMeasure.OrShipped(parsed.GetValue(s_model));
        return new(
            path, name, parsed.Within(s_threads, 1, 256), parsed.Within(s_clients, 1, 256), parsed.Within(s_rounds, 1, 1000),
            parsed.Within(s_seconds, 0.5, 3600), parsed.Within(s_load, 0.01, 100), parsed.Within(s_seed, 0, 1_000_000));
    }
}
