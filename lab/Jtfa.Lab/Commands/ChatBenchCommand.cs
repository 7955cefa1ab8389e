using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Jtfa.Lab.Bench;
using Jtfa.Language.Weights;

namespace Jtfa.Lab.Commands;

/// <summary><c>jtfa bench chat</c>: dynamic batching beside static batching.</summary>
internal static class ChatBenchCommand
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    private static readonly Option<FileInfo?> s_model =
        new("--model") { Description = "A GGUF file; without, a model of the sizes of stories-15m and random weights, Q8_0." };
    private static readonly Option<int> s_threads = new("--threads") { Description = "Threads.", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> s_clients =
        new("--clients") { Description = "Texts that run together at most.", DefaultValueFactory = _ => 8 };
    private static readonly Option<int> s_requests =
        new("--requests") { Description = "Texts of a round; there are three.", DefaultValueFactory = _ => 64 };
    private static readonly Option<double> s_load = new("--load")
    {
        Description = "Texts asked for a second, as a share of what is served when each client asks one after another.",
        DefaultValueFactory = _ => 1,
    };
    private static readonly Option<bool> s_asJson = new("--json") { Description = "Print one JSON object." };

    public static Command Create()
    {
        var command = new Command("chat", "Texts asked for at random times, by dynamic and by static batching in turn.")
        {
            s_model, s_threads, s_clients, s_requests, s_load, s_asJson,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var figures = await ChatBench.RunAsync(SettingsOf(parsed), cancellationToken);
            await Console.Out.WriteLineAsync(parsed.GetValue(s_asJson)
                ? JsonSerializer.Serialize(figures, s_json)
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
        int Within(Option<int> option, int least, int most) => parsed.GetValue(option) is var value && value >= least && value <= most
            ? value
            : throw new UsageException($"{option.Name} {parsed.GetValue(option)}: allowed is {least} … {most}");
        var (threads, clients, requests) = (Within(s_threads, 1, 256), Within(s_clients, 1, 256), Within(s_requests, 2, 10_000));
        if (!(parsed.GetValue(s_load) is >= 0.01 and <= 100 and var load))
            throw new UsageException($"--load {parsed.GetValue(s_load)}: allowed is 0.01 … 100");
        if (parsed.GetValue(s_model) is { } file)
            return new(file.FullName, Path.GetFileNameWithoutExtension(file.Name), threads, clients, requests, load);
        var (shape, format) = (LanguageShape.All.First(shape => shape.Name == "stories-15m"), WeightFormat.Find("Q8_0")!);
        return new(shape.Prepare(format), $"{shape.Name}-{format.Name}", threads, clients, requests, load);
    }
}
