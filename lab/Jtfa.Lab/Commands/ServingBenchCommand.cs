using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Jtfa.Lab.Bench;

namespace Jtfa.Lab.Commands;

/// <summary><c>jtfa bench serving</c>: what grains and HTTP add to the engine.</summary>
internal static class ServingBenchCommand
{
    private static readonly Option<FileInfo?> s_model = ModelToMeasure.Option("the one that comes with the program");
    private static readonly Option<int> s_threads = new("--threads") { Description = "Threads.", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> s_texts =
        new("--texts") { Description = "Texts of each way, one after the other.", DefaultValueFactory = _ => 200 };
    private static readonly Option<int> s_prompt =
        new("--prompt") { Description = "Text tokens of a prompt.", DefaultValueFactory = _ => 32 };
    private static readonly Option<int> s_tokens =
        new("--tokens") { Description = "Text tokens of an answer.", DefaultValueFactory = _ => 64 };
    private static readonly Option<bool> s_asJson = new("--json") { Description = "Print one JSON object." };

    public static Command Create()
    {
        var command = new Command(
            "serving", "One reader's texts by the engine alone, by a silo's grains and by its HTTP, in one process and in turn.")
        {
            s_model, s_threads, s_texts, s_prompt, s_tokens, s_asJson,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (path, name) = ModelToMeasure.OrShipped(parsed.GetValue(s_model));
            var settings = new ServingSettings(
                path, name, parsed.Within(s_threads, 1, 256), parsed.Within(s_texts, 1, 100_000), parsed.Within(s_prompt, 1, 1024),
                parsed.Within(s_tokens, 2, 1024));
            var figures = await ServingBench.RunAsync(settings, cancellationToken);
            await Console.Out.WriteLineAsync(parsed.GetValue(s_asJson)
                ? JsonSerializer.Serialize(figures, LanguageBenchCommand.Json)
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{figures.Model}: engine {Line(figures.Engine)}; grains {Line(figures.Grains)}; HTTP {Line(figures.Http)}; it " +
                    $"adds {figures.AddedTtftMs:F3} ms to TTFT and {figures.AddedTpotMs:F3} ms to TPOT"));
        });
        return command.WithExamples("jtfa bench serving --json");
    }

    private static string Line(WayFigures figures) => string.Create(
        CultureInfo.InvariantCulture,
        $"TTFT p50 {figures.TtftP50Ms:F2} p90 {figures.TtftP90Ms:F2} ms, TPOT p50 {figures.TpotP50Ms:F3} p90 {figures.TpotP90Ms:F3} ms");
}
