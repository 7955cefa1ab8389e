namespace Jtfa.Silo.Cameras.Sources;

/// <summary>Where one camera's frames, or ready tokens, come from. Used by one caller at a time.</summary>
public interface IFrameSource : IAsyncDisposable
{
    /// <summary>Whether it has no end of its own, and what is wrong with it may pass.</summary>
    bool IsLive => false;

    /// <summary>
    /// Whether it gives its next sample, or its end, at once; false where a sample has still to come, as of a camera that is slower than
    /// it is asked.
    /// </summary>
    bool HasNext => true;

    /// <summary>Frames left out so far because they were too damaged to be decoded.</summary>
    long DamagedFrames => 0;

    /// <summary>The sample of a tick of the schedule.</summary>
    /// <param name="tick">The tick's number: sources of stored samples give all cameras the same sample for the same tick.</param>
    /// <param name="cancellationToken">Ends waiting for a frame.</param>
    /// <returns>The sample; null when the source is exhausted.</returns>
    /// <exception cref="CameraFaultException">The source broke.</exception>
    ValueTask<Sample?> NextAsync(long tick, CancellationToken cancellationToken);
}
