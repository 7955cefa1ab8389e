namespace Jtfa.System.Tests;

/// <summary><c>jtfa doctor</c>: what it says of this build and this machine.</summary>
public sealed class DoctorCommandTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task It_names_the_version_of_Orleans_and_all_else_that_it_checks()
    {
        var modelIsThere = File.Exists(Path.Combine(AppContext.BaseDirectory, "models", "backbone.onnx"));

        var end = await ProgramRun.JtfaToEndAsync(_workspace, "doctor");

        Assert.True(end.Errors.Length == 0 && end.ExitCode == (modelIsThere ? 0 : 1), end.ToString());
        string[] subjects = ["Orleans", "ONNX Runtime", "model", "ffmpeg", "UDP buffer", "HTTP", "cluster", "machine"];
        Assert.Equal(subjects, end.Output.Select(line => line[4..17].Trim()));
        Assert.Matches(@"^10\.\d+\.\d+$", end.Output[0][18..]);
        Assert.Equal(modelIsThere ? "ok  " : "!   ", end.Output[2][..4]);
    }

    [Fact(Timeout = 120_000)]
    public async Task It_says_how_to_get_an_ffmpeg_that_is_missing()
    {
        var start = ProgramRun.StartOf(_workspace, ["doctor"]);
        start.Environment["PATH"] = _workspace["empty"];

        var end = await ProgramRun.ToEndAsync(start);

        Assert.Contains(end.Output, line => line.Contains("ffmpeg        not installed") && line.Contains("apt-get install ffmpeg"));
        Assert.Empty(end.Errors);
    }

    [Fact(Timeout = 120_000)]
    public async Task It_says_that_an_ffmpeg_is_too_old()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The stand-in is a shell script.");
        var program = _workspace.Write("ffmpeg", "#!/bin/sh\necho 'ffmpeg version 3.4.8-0ubuntu0.2 Copyright'\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var start = ProgramRun.StartOf(_workspace, ["doctor"]);
        start.Environment["PATH"] = $"{_workspace.Path}:{Environment.GetEnvironmentVariable("PATH")}";

        var end = await ProgramRun.ToEndAsync(start);

        Assert.Contains(end.Output, line => line.StartsWith("!   ffmpeg") && line.Contains("3.4.8") && line.Contains("4.0 or later"));
        Assert.Equal(1, end.ExitCode);
    }
}
