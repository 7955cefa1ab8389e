using System.Diagnostics;
using System.Runtime.InteropServices;
using Jtfa.Experiments.Nodes;

namespace Jtfa.Testing.Processes;

/// <summary>A program that a test started, its lines and its end. Whatever still runs when the test ends is killed by its id.</summary>
internal sealed partial class ProgramRun : IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly string _name;
    private readonly bool _tellsAll;
    private readonly CancellationToken _test = TestContext.Current.CancellationToken;

    public ProgramRun(ProcessStartInfo start)
    {
        _name = string.Join(' ', start.ArgumentList.Where(argument => !argument.EndsWith(".dll", StringComparison.Ordinal)).Take(2));
        _tellsAll = start.ArgumentList.Contains("--verbose");
        (Output, Errors) = (new LineLog($"{_name}, standard output"), new LineLog($"{_name}, standard error"));
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Output.Add(line.Data);
        _process.ErrorDataReceived += (_, line) => Errors.Add(line.Data);
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public LineLog Output { get; }

    public LineLog Errors { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Starts <c>jtfa</c> in a workspace: the program beside this test, by the .NET that runs this test.</summary>
    public static ProgramRun Jtfa(Workspace workspace, params IEnumerable<string> arguments) => new(StartOf(workspace, arguments));

    public static ProcessStartInfo StartOf(Workspace workspace, IEnumerable<string> arguments) =>
        new(JtfaProgram.Own.Command[0], [.. JtfaProgram.Own.With(arguments).Skip(1)]) { WorkingDirectory = workspace.Path };

    /// <summary>Runs <c>jtfa</c> to its end.</summary>
    public static async Task<ProgramEnd> JtfaToEndAsync(Workspace workspace, params IEnumerable<string> arguments) =>
        await ToEndAsync(StartOf(workspace, arguments));

    public static async Task<ProgramEnd> ToEndAsync(ProcessStartInfo start)
    {
        await using var run = new ProgramRun(start);
        return new ProgramEnd(await run.ExitAsync(), run.Output.Lines, run.Errors.Lines);
    }

    /// <summary>Waits for the program's end.</summary>
    /// <returns>Its exit code.</returns>
    /// <exception cref="TimeoutException">It did not end in time; the message has what it wrote.</exception>
    public async Task<int> ExitAsync(TimeSpan? deadline = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_test);
        limit.CancelAfter(deadline ?? Deadline);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException) when (!_test.IsCancellationRequested)
        {
            throw new TimeoutException($"{_name} did not end within {deadline ?? Deadline}. It wrote:\n{Output.Text}\n{Errors.Text}");
        }
    }

    /// <summary>Asks the program to stop, as Ctrl-C (SIGINT) or a service manager (SIGTERM) does.</summary>
    public void Signal(PosixSignal signal) => Signal(signal == PosixSignal.SIGINT ? 2 : 15);

    /// <summary>Has the program stand still, as a paused virtual machine does, until <see cref="Continue"/> (SIGSTOP).</summary>
    public void Pause() => Signal(19);

    /// <summary>Has it go on (SIGCONT).</summary>
    public void Continue() => Signal(18);

    /// <summary>Ends the program at once (SIGKILL): it has no say in it.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        if (_tellsAll) return; // libraries, too, which write (null) for what has no name
        Errors.HasNoNull();
        Output.HasNoNull();
    }

    private void Signal(int signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals are POSIX.");
        Assert.Equal(0, SendSignal(_process.Id, signal));
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}

/// <summary>A program that ended by itself.</summary>
internal sealed record ProgramEnd(int ExitCode, string[] Output, string[] Errors)
{
    public override string ToString() => $"exit code {ExitCode}\n{string.Join('\n', Output)}\n{string.Join('\n', Errors)}";
}
