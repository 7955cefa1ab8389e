namespace Jtfa.Silo.Cameras.Sources;

/// <summary>
/// A folder of images, shuffled by the tick. ffmpeg decodes and scales all of them once, at the start: decoding one takes longer
/// than a tick may.
/// </summary>
public sealed class ImageFolderFrameSource : IFrameSource
{
    // Starting ffmpeg costs more than decoding a small image; each image of a batch costs an open file and a filter.
    private const int Batch = 64;

    private readonly List<(Frame Frame, int Label)> _images;
    private readonly TimeProvider _time;

    private ImageFolderFrameSource(List<(Frame Frame, int Label)> images, TimeProvider time)
    {
        _images = images;
        _time = time;
    }

    /// <summary>Number of images.</summary>
    public int Count => _images.Count;

    /// <summary>Decodes the images of a folder; a sub-folder with an integer for a name is its images' label.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="shape">Size that ffmpeg scales to.</param>
    /// <param name="options">The ffmpeg program and the memory limit.</param>
    /// <param name="time">Tells when a frame is taken: when it is asked for.</param>
    /// <param name="cancellationToken">Ends decoding.</param>
    /// <exception cref="CameraFaultException">The folder has no images or too many, or one cannot be decoded.</exception>
    public static async Task<ImageFolderFrameSource> OpenAsync(
        string folder, FrameShape shape, CameraOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var files = ImageFolder.List(folder);
        if ((long)files.Count * shape.Bytes > options.MaxImageBytes)
        {
            throw new CameraFaultException($"The {files.Count} images in '{folder}' take {(long)files.Count * shape.Bytes} bytes decoded, "
                + $"over the limit of {options.MaxImageBytes}: use fewer images or a smaller model input");
        }
        var images = new List<(Frame Frame, int Label)>(files.Count);
        foreach (var batch in files.Chunk(Batch))
        {
            var frames = await DecodeAsync(batch, shape, options.Ffmpeg, cancellationToken);
            images.AddRange(frames.Zip(batch, (frame, file) => (frame, file.Label)));
        }
        return new ImageFolderFrameSource(images, time);
    }

    /// <inheritdoc/>
    public ValueTask<Sample?> NextAsync(long tick, CancellationToken cancellationToken)
    {
        var (frame, label) = _images[SampleOrder.IndexOf(tick, Count)];
        return ValueTask.FromResult<Sample?>(new Sample(CaptureTime.Now(_time), label, frame, default));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async Task<Frame[]> DecodeAsync(
        LabelledImage[] images, FrameShape shape, string ffmpeg, CancellationToken cancellationToken)
    {
        var (frames, fault) = await TryDecodeAsync(images, shape, ffmpeg, cancellationToken);
        if (fault is null) return frames;
        if (images.Length == 1)
            throw new CameraFaultException($"The image '{images[0].Path}' cannot be decoded ({fault}): remove or replace it");

        // ffmpeg does not say which of its inputs is bad: decode them one at a time to find it.
        for (var i = 0; i < images.Length; i++) frames[i] = (await DecodeAsync([images[i]], shape, ffmpeg, cancellationToken))[0];
        return frames;
    }

    private static async Task<(Frame[] Frames, string? Fault)> TryDecodeAsync(
        LabelledImage[] images, FrameShape shape, string ffmpeg, CancellationToken cancellationToken)
    {
        await using var process = await FfmpegProcess.StartAsync(ffmpeg, Arguments(images, shape), cancellationToken);
        var frames = new Frame[images.Length];
        var decoded = 0;
        for (; decoded < frames.Length; decoded++)
        {
            var frame = frames[decoded] = new Frame(shape);
            var got = await process.Output.ReadAtLeastAsync(frame.Pixels, shape.Bytes, throwOnEndOfStream: false, cancellationToken);
            if (got < shape.Bytes) break;
        }
        var tooMany = decoded == frames.Length && await process.Output.ReadAsync(new byte[1], cancellationToken) != 0;
        if (tooMany) return (frames, "more frames than images");
        var (exitCode, lastError) = await process.WaitAsync(cancellationToken);
        if (exitCode == 0 && decoded == frames.Length) return (frames, null);
        return (frames, lastError.Length > 0 ? lastError : $"ffmpeg ended with exit code {exitCode}");
    }

    /// <summary>Arguments for one output stream: the first frame of each image, scaled, one after another.</summary>
    private static IEnumerable<string> Arguments(LabelledImage[] images, FrameShape shape)
    {
        // Without these two a truncated JPEG passes as an image whose rest is grey.
        foreach (var image in images) foreach (var word in (string[])["-err_detect", "explode", "-i", image.Path]) yield return word;
        yield return "-xerror";

        var filter = $"trim=end_frame=1,{FfmpegProcess.ScaleFilter(shape)},setsar=1,format={FfmpegProcess.PixelFormat(shape)}";
        var graph = string.Concat(images.Select((_, i) => $"[{i}:v]{filter}[v{i}];"))
            + string.Concat(images.Select((_, i) => $"[v{i}]"))
            + (images.Length == 1 ? "null[all]" : $"concat=n={images.Length}:v=1:a=0[all]");
        string[] output = ["-filter_complex", graph, "-map", "[all]", .. FfmpegProcess.RawOutput(shape)];
        foreach (var word in output) yield return word;
    }
}
