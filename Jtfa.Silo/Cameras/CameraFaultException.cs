using Jtfa.Interfaces;

namespace Jtfa.Silo.Cameras;

/// <summary>
/// What stops a camera: a configuration, model or source that cannot be used. The message is one line, names the thing and says
/// what to do, and has no passwords (<see cref="Secrets"/>), so that it can be printed as it is.
/// </summary>
public sealed class CameraFaultException : Exception
{
    /// <summary>A fault that was found here.</summary>
    /// <param name="message">What is wrong with what; line breaks become spaces.</param>
    public CameraFaultException(string message)
        : base(OneLine(message))
    {
    }

    /// <summary>A fault that something else reported.</summary>
    /// <param name="message">What is wrong with what; line breaks become spaces.</param>
    /// <param name="innerException">The report.</param>
    public CameraFaultException(string message, Exception innerException)
        : base(OneLine(message), innerException)
    {
    }

    /// <summary>
    /// Whether it may pass without anybody changing a configuration or a file, as where a camera is being restarted: then its source is
    /// tried again, whoever runs the camera.
    /// </summary>
    public bool MayPass { get; init; }

    private static string OneLine(string message) => Secrets.Mask(message.ReplaceLineEndings(" ").Trim());
}
