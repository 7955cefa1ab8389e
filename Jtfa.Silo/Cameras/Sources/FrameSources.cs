using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Cameras.Sources;

/// <summary>Opens the frame source that a camera's configuration describes.</summary>
public static class FrameSources
{
    /// <summary>Whether a kind of source gives frames, which need a model, and not ready tokens.</summary>
    public static bool GivesFrames(FrameSourceKind kind) => kind is not (FrameSourceKind.Replay or FrameSourceKind.Random);

    /// <summary>Opens the source.</summary>
    /// <param name="config">A valid configuration.</param>
    /// <param name="shape">The model's input: what ffmpeg scales to. Unused by sources that give tokens.</param>
    /// <param name="options">The ffmpeg program and limits.</param>
    /// <param name="time">Tells when frames are taken.</param>
    /// <param name="logger">Is told what the source leaves out.</param>
    /// <param name="cancellationToken">Ends opening.</param>
    /// <exception cref="CameraFaultException">The source cannot be used.</exception>
    public static async Task<IFrameSource> OpenAsync(
        CameraConfig config, FrameShape shape, CameraOptions options, TimeProvider time, ILogger logger,
        CancellationToken cancellationToken)
    {
        var source = config.Source;
        return source.Kind switch
        {
            FrameSourceKind.Idx => await IdxFrameSource.OpenAsync(source.Path, source.Labels, time, cancellationToken),
            FrameSourceKind.Images => await OpenImagesAsync(config, shape, options, time, logger, cancellationToken),
            FrameSourceKind.Ffmpeg => await FfmpegFrameSource.StartAsync(source, shape, options, time, cancellationToken),
            FrameSourceKind.Replay => await ReplayTokenSource.OpenAsync(source.Path, source.Labels, time, cancellationToken),
            FrameSourceKind.Random => new RandomTokenSource(config.Dimension, source.Seed, config.View, time),
            _ => throw new CameraFaultException(
                $"Source.Kind={source.Kind}: allowed is {string.Join(", ", Enum.GetNames<FrameSourceKind>())}"),
        };
    }

    private static async Task<ImageFolderFrameSource> OpenImagesAsync(
        CameraConfig config, FrameShape shape, CameraOptions options, TimeProvider time, ILogger logger,
        CancellationToken cancellationToken)
    {
        var images = await ImageFolderFrameSource.OpenAsync(config.Source.Path, shape, options, time, cancellationToken);
        if (images.LeftOut.Length > 0)
            CameraLog.FilesLeftOut(logger, config.Scene, config.Camera, config.Source.Path, images.Count, images.LeftOut);
        return images;
    }
}
