using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Jtfa.Lab.Bench;

namespace Jtfa.Lab.Commands;

/// <summary><c>jtfa bench beside</c>: a scene's decisions beside a language model.</summary>
internal static class BesideBenchCommand
{
    private const string Shape = "tinyllama-1.1b";
    private const string Type = "q4_0";

    private static readonly Option<FileInfo?> s_model =
        ModelToMeasure.Option($"random weights of the sizes of {Shape}, {Type}, 640 MB that are made in the folder for temporary files");
    private static readonly Option<int> s_threads =
        new("--threads") { Description = "Threads that compute texts.", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> s_streams =
        new("--streams") { Description = "Texts that are read at once.", DefaultValueFactory = _ => 4 };
    private static readonly Option<double> s_seconds =
        new("--seconds") { Description = "How long the scene is watched without texts, and with them.", DefaultValueFactory = _ => 60 };
    private static readonly Option<bool> s_asJson = new("--json") { Description = "Print one JSON object." };

    private static readonly Option<string> s_server = new("--server") { Description = "The silo's URL.", Required = true };
    private static readonly Option<string> s_name = new("--name") { Description = "The model's name there.", Required = true };
    private static readonly Option<FileInfo> s_file = new("--model") { Description = "The model's file.", Required = true };

    public static Command Create()
    {
        var command = new Command(
            "beside", "A scene of four cameras at 10 Hz on a silo whose language model computes without a pause, and beside one at rest.")
        {
            s_model, s_threads, s_streams, s_seconds, s_asJson,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (threads, streams) = (parsed.Within(s_threads, 1, 256), parsed.Within(s_streams, 1, 16));
            var seconds = parsed.Within(s_seconds, 1, 3600);
            var (path, name) = ModelToMeasure.OrRandom(parsed.GetValue(s_model), Shape, Type);
            var figures = await BesideBench.RunAsync(new(path, name, threads, streams, seconds), cancellationToken);
            await Console.Out.WriteLineAsync(parsed.GetValue(s_asJson)
                ? JsonSerializer.Serialize(figures, LanguageBenchCommand.Json)
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{figures.Model}, {figures.Threads} threads, {figures.Streams} texts at once, {figures.TextTokensPerS:F1} text " +
                    $"tokens/s: fire latency without {Line(figures.Without)}; with {Line(figures.With)}"));
            return figures.With.Fired == figures.With.Sent && figures.Without.Fired == figures.Without.Sent ? 0 : Faults.FaultExitCode;
        });
        return command.WithExamples("jtfa bench beside --json");
    }

    /// <summary>What beside starts as its readers; the end of standard input is theirs.</summary>
    public static Command CreateReaders()
    {
        var command = new Command("read-texts", "Read texts of a silo beside bench beside.") { s_server, s_file, s_name, s_streams };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var reading = TextReaders.RunAsync(
                new Uri(parsed.GetValue(s_server)!), parsed.GetValue(s_name)!, parsed.GetValue(s_file)!.FullName,
                parsed.GetValue(s_streams), end.Token);
            await Task.WhenAny(reading, Console.In.ReadToEndAsync(cancellationToken));
            await end.CancelAsync();
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(await reading, JsonSerializerOptions.Web));
        });
        return command;
    }

    private static string Line(SceneFigures figures) => string.Create(
        CultureInfo.InvariantCulture,
        $"p50 {figures.FireP50Ms:F2} p99 {figures.FireP99Ms:F2} max {figures.FireMaxMs:F1} ms of {figures.Fired} decisions");
}
