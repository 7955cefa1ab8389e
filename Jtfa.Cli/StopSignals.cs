using System.Runtime.InteropServices;
using Jtfa.Silo;

namespace Jtfa.Cli;

/// <summary>
/// Ctrl-C (SIGINT) and SIGTERM: the command is asked to stop in order, and has 30 s for that. This object listens from the beginning,
/// because a command may be told to stop as soon as it has said that it runs.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    /// <summary>Exit code of a command that did not stop in time: the same as of one that SIGINT ends.</summary>
    public const int ExitCode = 130;

    // Long enough for open windows to fire and the log to be flushed.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static volatile Func<bool>? s_taker;

    private readonly CancellationTokenSource _asked = new();
    private readonly TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals()
    {
        InheritedSignals.AcceptInterrupt();
        PosixSignal[] signals = [PosixSignal.SIGINT, PosixSignal.SIGTERM];
        _registrations = [.. signals.Select(signal => PosixSignalRegistration.Create(signal, Stop))];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Asked => _asked.Token;

    /// <summary>Waits for a command.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> WaitAsync(Task<int> command)
    {
        var first = await Task.WhenAny(command, _told.Task);
        if (first != command) await Task.WhenAny(command, Task.Delay(s_patience, CancellationToken.None));
        return command.IsCompleted ? await command : ExitCode;
    }

    /// <summary>
    /// Hands Ctrl-C to a command that has something smaller to end than itself, until what this returns is disposed. SIGTERM stops the
    /// command all the same.
    /// </summary>
    /// <param name="take">Returns whether it had something to end; if not, the command is asked to stop.</param>
    public static IDisposable HandInterruptsTo(Func<bool> take)
    {
        s_taker = take;
        return new Taking();
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _asked.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        if (context.Signal == PosixSignal.SIGINT && s_taker?.Invoke() == true) return;
        _told.TrySetResult();
        _asked.Cancel();
    }

    private sealed class Taking : IDisposable
    {
        public void Dispose() => s_taker = null;
    }
}
