using Orleans.Concurrency;

namespace Jtfa.Interfaces;

/// <summary>
/// One camera of a scene. Key: <c>scene/camera</c>. Its silo's own configuration says where it captures from; callers start and stop it.
/// </summary>
[Alias("Jtfa.ICameraViewGrain")]
[ForClients]
public interface ICameraViewGrain : IGrainWithStringKey
{
    /// <summary>Starts capture where it does not run, and remembers that it is to run.</summary>
    /// <exception cref="ArgumentException">The camera's silo has no configuration for it.</exception>
    [Alias("Start")]
    [ResponseTimeout("00:00:30")]
    Task StartAsync(CancellationToken cancellationToken = default);

    /// <summary>Stops capture, and remembers that it was stopped.</summary>
    [Alias("Stop")]
    [ResponseTimeout("00:00:30")]
    Task StopAsync(CancellationToken cancellationToken = default);

    /// <summary>How the camera is doing.</summary>
    [Alias("GetStatus")]
    Task<CameraStatus> GetStatusAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// What the camera sees, as a small JPEG, at most a second old while it is asked again and again; null where it gives no pictures, or
    /// has none yet.
    /// </summary>
    [Alias("GetPicture")]
    [AlwaysInterleave]
    Task<byte[]?> GetPictureAsync(CancellationToken cancellationToken = default);
}
