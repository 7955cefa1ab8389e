using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>Makes capture pipelines: implemented by the silo, and by tests, which have no cameras.</summary>
public interface ICameraPipelines
{
    /// <summary>
    /// Starts capturing off the caller's turn; after a fault of the source or the model the pipeline tries again by itself.
    /// </summary>
    ICameraPipeline Start(CameraConfig config);
}

/// <summary>One running capture: frame → backbone → token → encode → UDP. Disposing it stops it and waits for its end.</summary>
public interface ICameraPipeline : IAsyncDisposable
{
    /// <summary>How it is doing.</summary>
    CameraStatus Status { get; }

    /// <summary>What it sees, as a small JPEG; null where it gives no pictures, or has none yet.</summary>
    Task<byte[]?> GetPictureAsync(CancellationToken cancellationToken) => Task.FromResult<byte[]?>(null);

    /// <summary>Ends when capture ends for good: normally when its source is exhausted, faulted where it cannot be tried again.</summary>
    Task Completion { get; }
}
