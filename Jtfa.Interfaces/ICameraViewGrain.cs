namespace Jtfa.Interfaces;

/// <summary>One camera of a scene. Key: <c>scene/camera</c>. Its configuration persists, so capture resumes with the grain.</summary>
[Alias("Jtfa.ICameraViewGrain")]
public interface ICameraViewGrain : IGrainWithStringKey
{
    /// <summary>Starts capture with a configuration, replacing the one it ran with, and remembers it.</summary>
    /// <exception cref="ArgumentException">The configuration is not valid, or is another camera's.</exception>
    [Alias("Start")]
    [ResponseTimeout("00:00:30")]
    Task StartAsync(CameraConfig config, CancellationToken cancellationToken = default);

    /// <summary>Stops capture, and remembers that it was stopped.</summary>
    [Alias("Stop")]
    [ResponseTimeout("00:00:30")]
    Task StopAsync(CancellationToken cancellationToken = default);

    /// <summary>How the camera is doing.</summary>
    [Alias("GetStatus")]
    Task<CameraStatus> GetStatusAsync(CancellationToken cancellationToken = default);
}
