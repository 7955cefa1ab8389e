using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Cameras;

/// <summary>
/// The time in which a camera gives no tokens, from a fault until tokens have flowed for a while: when it is tried again, and what its
/// operator is told of it. Notes come from one caller at a time; <see cref="Fault"/> may be read by any.
/// </summary>
internal sealed class CameraOutage(CameraConfig config, CameraMetrics metrics, TimeProvider time, ILogger logger)
{
    /// <summary>How long the first try is waited for; each further wait is twice as long.</summary>
    public static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);

    /// <summary>How long a try is waited for at most.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <summary>How long tokens flow until the outage is over: a camera that comes and goes at once is one outage, and one line.</summary>
    public static readonly TimeSpan Settled = TimeSpan.FromSeconds(3);

    // A reason that has changed since it was told is told too, but no more often: while a camera starts its reasons change.
    private static readonly TimeSpan s_tellAgain = TimeSpan.FromMinutes(1);

    private string? _fault;
    private TimeSpan _wait = FirstWait;
    private long? _began;
    private long? _flowsSince;
    private int _tries;
    private string _told = "";
    private long _toldAt;

    /// <summary>What keeps the camera from giving tokens now, one line; null when nothing does.</summary>
    public string? Fault => Volatile.Read(ref _fault);

    /// <summary>Notes a fault.</summary>
    /// <returns>How long to wait until the next try.</returns>
    public TimeSpan Note(Exception fault)
    {
        var message = fault.Message.ReplaceLineEndings(" ");
        SetFault(message);
        _flowsSince = null;
        _tries++;
        var wait = _wait;
        _wait = _wait * 2 < LongestWait ? _wait * 2 : LongestWait;
        var now = time.GetTimestamp();
        if (_began is null || (message != _told && time.GetElapsedTime(_toldAt, now) >= s_tellAgain))
        {
            if (fault is CameraFaultException) CameraLog.Lost(logger, config.Scene, config.Camera, message);
            else CameraLog.Broken(logger, fault, config.Scene, config.Camera);
            (_told, _toldAt) = (message, now);
        }

        _began ??= now;
        return wait;
    }

    /// <summary>Notes a token.</summary>
    public void NoteToken()
    {
        if (_began is not { } began) return;
        SetFault(null);
        var now = time.GetTimestamp();
        _flowsSince ??= now;
        if (time.GetElapsedTime(_flowsSince.Value, now) < Settled) return;
        CameraLog.Back(logger, config.Scene, config.Camera, time.GetElapsedTime(began, _flowsSince.Value).TotalSeconds, _tries);
        (_began, _flowsSince, _tries, _wait) = (null, null, 0, FirstWait);
    }

    /// <summary>Notes that the camera ends: nothing keeps it from giving tokens any more.</summary>
    public void NoteEnd() => SetFault(null);

    private void SetFault(string? fault)
    {
        var before = Interlocked.Exchange(ref _fault, fault);
        if ((before is null) != (fault is null)) metrics.CountFaulty(fault is null ? -1 : 1);
        if (fault is not null) metrics.CountFault();
    }
}
