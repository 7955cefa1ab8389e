namespace Jtfa.Silo.Cameras;

/// <summary>What all cameras of a process share.</summary>
public sealed class CameraOptions
{
    /// <summary>The model folder of cameras that name none: by default <c>models</c> beside the program.</summary>
    public string ModelFolder { get; set; } = Path.Combine(AppContext.BaseDirectory, "models");

    /// <summary>The ffmpeg program: a name looked up in PATH, or a path.</summary>
    public string Ffmpeg { get; set; } = "ffmpeg";

    /// <summary>
    /// Whether also a fault that only a person can mend (a model that is missing, a file that is no film) is tried again: the person
    /// mends it while the silo runs. Otherwise it ends the camera, as <c>jtfa camera</c> wants it.
    /// </summary>
    public bool TriesEveryFaultAgain { get; set; }

    /// <summary>Bytes that the decoded images of one image folder may take; they are held in memory.</summary>
    public long MaxImageBytes { get; set; } = 1L << 30;
}
