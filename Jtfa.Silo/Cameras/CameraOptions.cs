namespace Jtfa.Silo.Cameras;

/// <summary>What all cameras of a process share.</summary>
public sealed class CameraOptions
{
    /// <summary>The model folder of cameras that name none: by default <c>models</c> beside the program.</summary>
    public string ModelFolder { get; set; } = Path.Combine(AppContext.BaseDirectory, "models");

    /// <summary>The ffmpeg program: a name looked up in PATH, or a path.</summary>
    public string Ffmpeg { get; set; } = "ffmpeg";

    /// <summary>How long an ffmpeg input may give no frame, the start included, before the camera faults.</summary>
    public TimeSpan StallTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes that the decoded images of one image folder may take; they are held in memory.</summary>
    public long MaxImageBytes { get; set; } = 1L << 30;
}
