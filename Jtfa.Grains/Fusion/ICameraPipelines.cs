using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>Makes capture pipelines: implemented by the silo, and by tests, which have no cameras.</summary>
public interface ICameraPipelines
{
    /// <summary>Starts capturing off the caller's turn; a fault of the source or the model ends the pipeline, not the call.</summary>
    ICameraPipeline Start(CameraConfig config);
}

/// <summary>One running capture: frame → backbone → token → encode → UDP. Disposing it stops it and waits for its end.</summary>
public interface ICameraPipeline : IAsyncDisposable
{
    /// <summary>How it is doing.</summary>
    CameraStatus Status { get; }

    /// <summary>Ends when capture ends: normally when its source is exhausted, faulted with a one-line message when it broke.</summary>
    Task Completion { get; }
}
