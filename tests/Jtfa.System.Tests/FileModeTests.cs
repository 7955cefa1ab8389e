using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Jtfa.System.Tests;

/// <summary>Who may read what a silo writes.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class FileModeTests
{
    private const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite;

    [Fact(Timeout = 120_000)]
    public async Task Database_CSV_spool_and_spans_are_not_for_others_whatever_the_umask()
    {
        using var workspace = new Workspace();
        var silo = ProgramRun.StartOf(
            workspace,
            [
                "silo", "--head", workspace.WriteHead(), "--port", "0", "--db", workspace.Database, "--csv", workspace["decisions.csv"],
                "--set", $"Jtfa:Telemetry:SpanFile={workspace["spans.jsonl"]}", .. RunningSilo.Ports(),
            ]);
        var start = new ProcessStartInfo("sh", ["-c", "umask 000 && exec \"$@\"", "sh", silo.FileName, .. silo.ArgumentList])
        {
            WorkingDirectory = workspace.Path,
        };
        await using var run = new ProgramRun(start);
        await run.Errors.MatchAsync("Silo is up");

        var files = Directory.GetFiles(workspace.Path, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file) != "head.npz").ToDictionary(file => Path.GetFileName(file), File.GetUnixFileMode);
        run.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await run.ExitAsync());

        var database = Path.GetFileName(workspace.Database);
        foreach (var file in new[] { database, $"{database}-wal", "decisions.csv", "spans.jsonl" }) Assert.Contains(file, files.Keys);
        Assert.All(files, file => Assert.Equal((file.Key, UnixFileMode.None), (file.Key, file.Value & Others)));
    }
}
