using System.CommandLine;
using System.Text.Json;
using Jtfa.Cli.Commands.Language;
using Jtfa.Cli.Help;
using Jtfa.Client;
using Jtfa.Interfaces;

namespace Jtfa.Cli.Commands;

/// <summary><c>jtfa status</c>: whether a silo is ready, and each of its scenes and language models in a line.</summary>
internal static class StatusCommand
{
    // Ten seconds, which rates are averaged over; the latencies of the last of them are over ten seconds, too.
    private static readonly SnapshotSpan s_span = new(10, 0, 0);

    public static Command Create()
    {
        var command = new Command(
            "status",
            "Say whether a silo is ready, and how each of its scenes and language models is doing. Exit code 1 when it is not ready.");
        ServerOptions.AddTo(command);
        command.SetAction(RunAsync);
        return command.WithExamples("jtfa status", "jtfa status --server http://fusion.local:5080 --json");
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = ServerOptions.Connect(parsed);
        var (ready, text) = await client.GetReadinessAsync(cancellationToken);
        var snapshots = ready ? await LookAsync(client, cancellationToken) : [];
        var models = ready ? await ModelsAsync(client, cancellationToken) : [];
        if (parsed.GetValue(ServerOptions.Json))
        {
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(new { ready, text, scenes = snapshots, models }, JtfaJson.Options));
        }
        else
        {
            await Console.Out.WriteLineAsync($"{(ready ? "ready" : "not ready")}: {text.ReplaceLineEndings("; ")}");
            if (snapshots.Count > 0) await WriteAsync(snapshots);
            if (models.Count > 0) await ServedModels.WriteAsync(parsed, models);
        }

        return ready ? 0 : Faults.FaultExitCode;
    }

    private static async Task<List<SceneSnapshot>> LookAsync(HttpJtfaClient client, CancellationToken cancellationToken)
    {
        var snapshots = new List<SceneSnapshot>();
        foreach (var scene in await ScenesAsync(client, cancellationToken))
            snapshots.Add(await client.GetSnapshotAsync(scene.Scene, s_span, cancellationToken));
        return snapshots;
    }

    private static async Task<IReadOnlyList<SceneDescription>> ScenesAsync(HttpJtfaClient client, CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetScenesAsync(cancellationToken);
        }
        catch (JtfaNotFoundException)
        {
            return []; // a silo for language models
        }
    }

    private static async Task<IReadOnlyList<ModelStatus>> ModelsAsync(HttpJtfaClient client, CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetModelsAsync(cancellationToken);
        }
        catch (JtfaNotFoundException)
        {
            return []; // a silo for cameras
        }
    }

    private static async Task WriteAsync(List<SceneSnapshot> snapshots)
    {
        var table = new ResultTable(
            "scene", "K of N", "T", "decisions", "a second", "by K", "fill", "p50, 10 s", "p99, 10 s", "accuracy", "cameras");
        foreach (var snapshot in snapshots)
        {
            var (routing, statistics) = (snapshot.Routing, snapshot.Statistics);
            var (policy, inForce) = (routing.At(snapshot.Time), routing.InForceAt(snapshot.Time));
            var latency = snapshot.Seconds is [.., var last] ? last.Latency : new LatencySummary();
            table.Add(
                snapshot.Scene, $"{inForce.K} of {policy.N}", SceneCommand.TOf(policy, inForce),
                ResultTable.Count(statistics.Decisions),
                ResultTable.Number(snapshot.Seconds.Length > 0 ? snapshot.Seconds.Average(second => second.Decisions) : 0, "F1"),
                ResultTable.Count(statistics.ByK),
                ResultTable.Number(statistics.Decisions > 0 ? statistics.FillRatio : double.NaN, "F2"),
                ResultTable.Ms(latency.P50), ResultTable.Ms(latency.P99),
                double.IsNaN(statistics.Accuracy) ? "–" : $"{ResultTable.Number(statistics.Accuracy * 100, "F1")} %",
                Cameras(snapshot.Cameras));
        }

        await table.WriteAsync();
        foreach (var snapshot in snapshots)
            foreach (var warning in snapshot.Warnings) await Console.Out.WriteLineAsync($"warning: {snapshot.Scene}: {warning.Text}");
    }

    private static string Cameras(CameraHealth[] cameras) => cameras.Length == 0 ? "none" : string.Join(", ", new[]
    {
        (Of: CameraTiming.OnTime, Name: "on time"), (Of: CameraTiming.Late, Name: "late"), (Of: CameraTiming.Missing, Name: "missing"),
    }.Select(timing =>
        (Count: cameras.Count(camera => camera.Timing == timing.Of), timing.Name)).Where(timing =>
            timing.Count > 0).Select(timing => $"{timing.Count} {timing.Name}"));
}
