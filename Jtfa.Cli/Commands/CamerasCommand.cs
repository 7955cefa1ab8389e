using System.CommandLine;
using System.Text.Json;
using Jtfa.Cli.Decisions;
using Jtfa.Cli.Help;
using Jtfa.Cli.Watching;
using Jtfa.Interfaces;

namespace Jtfa.Cli.Commands;

/// <summary><c>jtfa cameras</c>: how the cameras of a running silo's scenes are doing.</summary>
internal static class CamerasCommand
{
    private static readonly Option<string?> s_scene =
        new("--scene") { Description = "Only this scene; with --json a list, and of all scenes one object of such lists by scene." };

    private static readonly Option<bool> s_watch = new("--watch")
    {
        Description =
            "Go on, once a second, with rate, delay, loss and bandwidth of the last ten seconds, until Ctrl-C; with --json a line each " +
            "time.",
    };

    public static Command Create()
    {
        var command = new Command("cameras", "Print how the cameras are doing, by the tokens that arrive.") { s_scene, s_watch };
        ServerOptions.AddTo(command);
        command.SetAction(RunAsync);
        return command.WithExamples("jtfa cameras", "jtfa cameras --watch", "jtfa cameras --scene lobby --json");
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = ServerOptions.Connect(parsed);
        var named = parsed.GetValue(s_scene);
        string[] scenes = named is not null ? [named] : [.. (await client.GetScenesAsync(cancellationToken)).Select(scene => scene.Scene)];
        if (parsed.GetValue(s_watch))
        {
            var watched = new WatchedCameras(client, scenes, new ConnectionLines(ServerOptions.AddressOf(parsed)));
            await watched.ShowAsync(parsed.GetValue(ServerOptions.Json), cancellationToken);
            return 0;
        }

        if (parsed.GetValue(ServerOptions.Json))
        {
            var lists = new Dictionary<string, IReadOnlyList<CameraHealth>>();
            foreach (var scene in scenes) lists[scene] = await client.GetCamerasAsync(scene, cancellationToken);
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize<object>(named is null ? lists : lists[named], JtfaJson.Options));
            return 0;
        }

        var table = new ResultTable(
            "scene", "view", "camera", "timing", "last token", "rate", "kbps", "lost", "saved", "jitter", "clock offset", "on time", "late",
            "fault");
        foreach (var scene in scenes)
        {
            // By the silo's clock, which may not be this machine's.
            var snapshot = await client.GetSnapshotAsync(scene, new SnapshotSpan(0, 0, 0), cancellationToken);
            foreach (var camera in snapshot.Cameras) table.Add(Row(scene, camera, snapshot.Time));
        }

        await table.WriteAsync();
        return 0;
    }

    private static string[] Row(string scene, CameraHealth camera, double now) =>
    [
        scene, ResultTable.Count(camera.View), camera.Camera ?? "–", WatchedCamera.TimingOf(camera.Timing),
        $"{ResultTable.Number(Math.Max(0, now - camera.LastTokenAt), "F1")} s ago",
        $"{ResultTable.Number(camera.RateHz, "F1")} Hz", ResultTable.Number(camera.Kbps, "F1"),
        $"{ResultTable.Number(camera.LossRatio * 100, "F1")} %", ResultTable.Count(camera.Saved),
        ResultTable.Ms(camera.Jitter), ResultTable.Ms(camera.ClockOffset), ResultTable.Count(camera.OnTime), ResultTable.Count(camera.Late),
        camera.Fault ?? "–",
    ];
}
