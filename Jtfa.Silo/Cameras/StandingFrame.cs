using Jtfa.Silo.Cameras.Sources;

namespace Jtfa.Silo.Cameras;

/// <summary>
/// How long a frame stands for the ticks that come before the next one: a camera that is slower than it is asked would else be in some
/// windows only, and each camera in others. It stands for two of the intervals between the frames before it, and for
/// <see cref="AtMost"/>, so that a camera that freezes is soon seen to be missing. Used by one caller at a time.
/// </summary>
internal sealed class StandingFrame(TimeProvider time)
{
    /// <summary>The longest time that a frame stands.</summary>
    public static readonly TimeSpan AtMost = TimeSpan.FromSeconds(1);

    // Of each new interval, so that frames which come in pairs make no difference.
    private const double Weight = 0.25;

    private long? _takenAt;
    private TimeSpan? _interval;

    /// <summary>Whether the last frame stands now.</summary>
    public bool Stands => _takenAt is { } takenAt && _interval is { } interval
        && time.GetElapsedTime(takenAt) <= (2 * interval < AtMost ? 2 * interval : AtMost);

    /// <summary>Takes the next frame's time.</summary>
    public void Take(CaptureTime takenAt)
    {
        if (_takenAt is { } before)
        {
            var interval = time.GetElapsedTime(before, takenAt.Timestamp);
            if (interval > AtMost) interval = AtMost;
            _interval = _interval is { } known ? known + (Weight * (interval - known)) : interval;
        }

        _takenAt = takenAt.Timestamp;
    }

    /// <summary>The last frame stands no longer.</summary>
    public void Drop() => _takenAt = null;
}
