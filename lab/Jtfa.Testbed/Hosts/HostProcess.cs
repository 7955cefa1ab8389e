using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Jtfa.Testbed.Hosts;

/// <summary>A program on a host of the testbed. It ends when it is disposed, and with this process however that ends.</summary>
public sealed class HostProcess : IAsyncDisposable
{
    private const double TicksPerSecond = 100; // USER_HZ, the same on all of Linux's architectures that .NET runs on
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly string _name;
    private readonly List<string> _lines = [];
    private readonly List<(Regex Line, TaskCompletionSource<Match> Found)> _waiting = [];
    private bool _disposed;
    private int _open = 2; // standard output and standard error

    private HostProcess(Process process, string name)
    {
        (_process, _name) = (process, name);
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The program's process id.</summary>
    public int Id => _process.Id;

    /// <summary>What it has written so far, both streams.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines) return [.. _lines];
        }
    }

    /// <summary>Processor time that it has used so far, seconds; null where that is not known any more.</summary>
    public double? CpuSeconds
    {
        get
        {
            try
            {
                // Behind the name, which may hold anything: fields 14 and 15 of proc(5), utime and stime.
                var fields = File.ReadAllText($"/proc/{Id}/stat").Split(") ")[^1].Split(' ');
                return fields[11..13].Sum(ticks => double.Parse(ticks, CultureInfo.InvariantCulture)) / TicksPerSecond;
            }
            catch (IOException)
            {
                return null;
            }
        }
    }

    /// <summary>Starts a program on a host.</summary>
    /// <param name="host">The host.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="folder">Its working folder.</param>
    /// <param name="program">The program and its arguments.</param>
    /// <exception cref="TestbedException">There is no such program.</exception>
    public static async Task<HostProcess> StartAsync(TestHost host, string name, string folder, IReadOnlyList<string> program)
    {
        ArgumentNullException.ThrowIfNull(host);
        IReadOnlyList<string> all = host.Namespace is { } network ? ["ip", "netns", "exec", network.Name, .. program] : program;
        var start = new ProcessStartInfo(all[0], all.Skip(1))
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = await ParentThread.StartAsync(start);
        process.StandardInput.Close();
        return new HostProcess(process, name);
    }

    /// <summary>Waits for a line that it writes, or has written.</summary>
    /// <exception cref="TestbedException">It ended without, or took longer than a minute; the message has its last lines.</exception>
    public async Task<Match> SaysAsync(Regex line, CancellationToken cancellationToken)
    {
        var found = new TaskCompletionSource<Match>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lines)
        {
            foreach (var known in _lines)
            {
                if (line.Match(known) is { Success: true } match) return match;
            }

            _waiting.Add((line, found));
            if (_open == 0) found.SetException(Ended());
        }

        try
        {
            return await found.Task.WaitAsync(TimeSpan.FromMinutes(1), cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TestbedException($"{_name} did not say '{line}' within a minute: {LastLines()}");
        }
    }

    /// <summary>Waits until it ends by itself.</summary>
    /// <exception cref="TestbedException">It ended with a fault; the message has its last lines.</exception>
    public async Task EndsAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        if (_process.ExitCode != 0) throw Ended();
    }

    /// <summary>Throws if it has ended, which it must not while the experiment runs.</summary>
    /// <exception cref="TestbedException">It has; the message has its last lines.</exception>
    public void MustRun()
    {
        if (_process.HasExited) throw Ended();
    }

    /// <summary>Asks it to end, and ends it if it does not within 10 seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        using var patience = new CancellationTokenSource(s_patience);
        if (!_process.HasExited) ProcessSignal.Terminate(Id);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    private void Take(string? line)
    {
        lock (_lines)
        {
            if (line is null) _open--;
            else _lines.Add(line);
            foreach (var (wanted, found) in _waiting)
            {
                if (line is not null && wanted.Match(line) is { Success: true } match) found.TrySetResult(match);
                else if (_open == 0) found.TrySetException(Ended());
            }
        }
    }

    private TestbedException Ended() => new($"{_name} ended before its time: {LastLines()}");

    private string LastLines()
    {
        lock (_lines) return _lines.Count == 0 ? "it wrote nothing" : string.Join(" | ", _lines.TakeLast(3));
    }
}
