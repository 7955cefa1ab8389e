namespace Jtfa.Silo.Cameras.Sources;

/// <summary>A moment, on the wall clock and on the monotonic clock.</summary>
/// <param name="Utc">The wall clock's time: what is sent.</param>
/// <param name="Timestamp"><see cref="TimeProvider.GetTimestamp"/>: what durations are measured with.</param>
public readonly record struct CaptureTime(DateTimeOffset Utc, long Timestamp)
{
    /// <summary>This moment.</summary>
    public static CaptureTime Now(TimeProvider time) => new(time.GetUtcNow(), time.GetTimestamp());

    /// <summary>Seconds since 1970, as packets carry them (in steps of 0.24 µs: a double's precision).</summary>
    public double UnixSeconds => (Utc - DateTimeOffset.UnixEpoch).TotalSeconds;
}

/// <summary>
/// What a source gives for a tick: a frame, or a token that needs no backbone. Its buffers belong to the source and stay valid until the
/// source is asked for the next sample.
/// </summary>
/// <param name="TakenAt">When the frame was taken.</param>
/// <param name="Label">Ground truth; −1 when unknown.</param>
/// <param name="Frame">The frame; null when there is a token.</param>
/// <param name="Token">The token, d values; empty when there is a frame.</param>
public readonly record struct Sample(CaptureTime TakenAt, int Label, Frame? Frame, ReadOnlyMemory<float> Token);
