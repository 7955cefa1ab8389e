using System.Diagnostics;
using System.Text.RegularExpressions;
using Jtfa.System.Tests.Stage;

namespace Jtfa.System.Tests;

/// <summary>The README's commands for two cameras, as printed: only addresses, files and the device are those of the test.</summary>
public sealed class ReadmeCamerasTests : IDisposable
{
    private readonly Workspace _workspace = new();
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 180_000)]
    public async Task Two_cameras_are_decided_together_and_one_alone_is_told_of()
    {
        await MakeFilmAsync();
        Directory.Move(_workspace.WriteModelOfHead(), _workspace["my-model"]);
        File.Move(_workspace.WriteHead(), _workspace["my-model/head.npz"]);
        var (port, http) = (FreePorts.Next(), $"127.0.0.1:{FreePorts.Next()}");
        string[] beside = ["--port", $"{port}", "--silo-port", $"{FreePorts.Next()}", "--http", http];
        var commands = Commands(port);
        Assert.Equal(["silo", "camera", "camera"], commands.Select(command => command[0]));

        await using var silo = ProgramRun.Jtfa(_workspace, [.. commands[0], .. beside]);
        await silo.Errors.MatchAsync("Tokens are taken on UDP");
        await using var first = ProgramRun.Jtfa(_workspace, commands[1]);
        await silo.Errors.MatchAsync(@"Scene lobby: 1 of 2 cameras have ever sent \(view 0\), so that no window has the K=2 views");
        Assert.Contains("warning: lobby: 1 of 2 cameras have ever sent", await StatusAsync(http), StringComparison.Ordinal);

        await using var second = ProgramRun.Jtfa(_workspace, commands[2]);
        await DecisionRows.ReachAsync(_workspace, 20, "cause = 'K' AND m = 2");
        var status = await Condition.HoldsAsync(() => StatusAsync(http), text => !text.Contains("ever sent"), "the warning has gone");
        Assert.Matches(@"lobby +2 of 2 .* 2 on time", status);
    }

    private static List<string[]> Commands(int port)
    {
        var readme = File.ReadAllText(Path.Combine(Repository.Folder, "README.md"));
        var block = Regex.Match(readme, "^```\n(\\./jtfa silo --bind 0\\.0\\.0\\.0 --scene lobby --k 2.*?)^```$",
            RegexOptions.Multiline | RegexOptions.Singleline);
        Assert.True(block.Success, "README.md has no block of commands for two cameras.");
        return
        [
            .. block.Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line
                .Replace("./jtfa ", "").Replace("0.0.0.0", "127.0.0.1").Replace("fusion.local:5005", $"127.0.0.1:{port}")
                .Replace("/dev/video0", "film.mkv").Replace(" --input-options \"-f v4l2\"", "").Split(' ')),
        ];
    }

    private async Task<string> StatusAsync(string http)
    {
        var end = await ProgramRun.JtfaToEndAsync(_workspace, "status", "--server", $"http://{http}");
        Assert.True(end.ExitCode == 0, end.ToString());
        return string.Join('\n', end.Output);
    }

    private async Task MakeFilmAsync()
    {
        using var ffmpeg = Process.Start(
            "ffmpeg", $"-v error -f lavfi -i testsrc=size=64x64:rate=15:duration=60 {_workspace["film.mkv"]}");
        await ffmpeg.WaitForExitAsync(_cancellation);
        Assert.Equal(0, ffmpeg.ExitCode);
    }
}
