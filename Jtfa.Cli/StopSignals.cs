using System.Runtime.InteropServices;
using Jtfa.Silo;

namespace Jtfa.Cli;

/// <summary>
/// Ctrl-C (SIGINT) and SIGTERM: the command is asked to stop in order, and has a while for that. Listened to from the beginning, since a command
/// that says that it runs may be told to stop by the next instruction.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    /// <summary>Exit code of a command that did not stop in time, as that of one that the signal ends.</summary>
    public const int ExitCode = 130;

    // Long enough for open windows to fire and the log to be flushed.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _asked = new();
    private readonly TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals()
    {
        InheritedSignals.AcceptInterrupt();
        _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop)];
    }

    /// <summary>Cancelled by the first of them.</summary>
    public CancellationToken Asked => _asked.Token;

    /// <summary>Waits for a command.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> WaitAsync(Task<int> command)
    {
        if (await Task.WhenAny(command, _told.Task) != command) await Task.WhenAny(command, Task.Delay(s_patience, CancellationToken.None));
        return command.IsCompleted ? await command : ExitCode;
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _asked.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        _told.TrySetResult();
        _asked.Cancel();
    }
}
