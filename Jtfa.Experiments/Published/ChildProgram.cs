using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using Jtfa.Testbed;

namespace Jtfa.Experiments.Published;

/// <summary>A program that an experiment started; it is stopped, by its id, when this is disposed of.</summary>
internal sealed partial class ChildProgram : IAsyncDisposable
{
    private const int Terminate = 15;
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly Channel<string> _errors = Channel.CreateUnbounded<string>();
    private volatile string _lastLine = "";

    private ChildProgram(Process process, string name) => (_process, Name) = (process, name);

    /// <summary>What messages call it.</summary>
    public string Name { get; }

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>The last line that it wrote to standard error.</summary>
    public string LastLine => _lastLine;

    /// <summary>Processor time used so far, seconds: utime + stime of /proc/PID/stat on Linux, in steps of 10 ms.</summary>
    public double CpuSeconds
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime.TotalSeconds;
        }
    }

    /// <summary>Starts a program.</summary>
    /// <exception cref="TestbedException">It cannot be started.</exception>
    public static ChildProgram Start(string file, IReadOnlyList<string> arguments, string folder)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var name = string.Join(' ', arguments.Prepend(file).Take(3).Select(word => Path.GetFileName(word)));
        try
        {
            var program = new ChildProgram(new Process { StartInfo = start }, name);
            program.Begin();
            return program;
        }
        catch (Win32Exception exception)
        {
            throw new TestbedException($"{file} cannot be started: {exception.Message}", exception);
        }
    }

    /// <summary>The first line of standard error that matches, of those not looked at before.</summary>
    /// <exception cref="TestbedException">It ended, or the time has passed, without one.</exception>
    public async Task<Match> LineAsync(Regex pattern, TimeSpan within, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(within);
        try
        {
            await foreach (var line in _errors.Reader.ReadAllAsync(limit.Token))
            {
                if (pattern.Match(line) is { Success: true } match) return match;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TestbedException($"{Name} is not ready after {within.TotalSeconds} s; it said last: {LastLine}");
        }

        throw Ended();
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> ExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Sees that it still runs.</summary>
    /// <exception cref="TestbedException">It has ended.</exception>
    public void CheckRuns()
    {
        if (HasExited) throw Ended();
    }

    /// <summary>Stops it: asked first, then killed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await StopAsync();
        _process.Dispose();
    }

    private async Task StopAsync()
    {
        if (OperatingSystem.IsWindows()) _process.Kill();
        else _ = Signal(_process.Id, Terminate);
        using var limit = new CancellationTokenSource(s_grace);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private void Begin()
    {
        _process.OutputDataReceived += (_, _) => { }; // drained, so that it never waits for a reader
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void Note(string? line)
    {
        if (line is null)
        {
            _errors.Writer.Complete();
            return;
        }

        if (line.Length > 0) _lastLine = line;
        _errors.Writer.TryWrite(line);
    }

    private TestbedException Ended() => new($"{Name} has ended by itself; it said last: {LastLine}");

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}
