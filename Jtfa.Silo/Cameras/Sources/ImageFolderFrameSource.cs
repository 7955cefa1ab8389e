namespace Jtfa.Silo.Cameras.Sources;

/// <summary>
/// A folder of images, shuffled by the tick. ffmpeg decodes and scales all of them once, at the start: decoding one takes longer
/// than a tick may.
/// </summary>
public sealed class ImageFolderFrameSource : IFrameSource
{
    // Starting ffmpeg costs more than decoding a small image; each image of a batch costs an open file and a filter.
    private const int Batch = 64;

    // A header may claim any size, and ffmpeg takes the memory for it before it finds that the pixels are missing.
    private const string MaxPixels = "100000000";

    // Some broken images in a folder are usual; where nearly all are, something else is wrong.
    private const int LeastShareUsed = 10;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly List<(Frame Frame, int Label)> _images;
    private readonly List<CameraFaultException> _refusals = [];
    private readonly LeftOutFiles _leftOut;
    private readonly FrameShape _shape;
    private readonly CameraOptions _options;
    private readonly TimeProvider _time;

    private ImageFolderFrameSource(ImageFolder folder, FrameShape shape, CameraOptions options, TimeProvider time)
    {
        _images = new List<(Frame Frame, int Label)>(folder.Images.Count);
        _leftOut = folder.LeftOut;
        _shape = shape;
        _options = options;
        _time = time;
    }

    /// <summary>Number of images.</summary>
    public int Count => _images.Count;

    /// <summary>An image, in the order of their paths.</summary>
    internal Frame this[int index] => _images[index].Frame;

    /// <summary>How many files of the folder are not used and which, in words; empty when all are.</summary>
    public string LeftOut => _leftOut.ToString();

    /// <summary>
    /// Decodes the images of a folder; a sub-folder with an integer for a name is its images' label. Hidden, empty and broken files are
    /// left out.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="shape">Size that ffmpeg scales to.</param>
    /// <param name="options">The ffmpeg program and the memory limit.</param>
    /// <param name="time">Tells when a frame is taken: when it is asked for.</param>
    /// <param name="cancellationToken">Ends decoding.</param>
    /// <exception cref="CameraFaultException">The folder has no images or too many, or hardly one can be decoded.</exception>
    public static async Task<ImageFolderFrameSource> OpenAsync(
        string folder, FrameShape shape, CameraOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var files = ImageFolder.List(folder);
        if ((long)files.Images.Count * shape.Bytes > options.MaxImageBytes)
        {
            throw new CameraFaultException(
                $"The {files.Images.Count} images in '{folder}' take {(long)files.Images.Count * shape.Bytes} bytes decoded, "
                + $"over the limit of {options.MaxImageBytes}: use fewer images or a smaller model input");
        }

        var source = new ImageFolderFrameSource(files, shape, options, time);
        var total = files.Images.Count + files.LeftOut.Unusable;
        foreach (var batch in files.Images.Chunk(Batch))
        {
            await source.DecodeAsync(batch, cancellationToken);
            var atMost = total - files.LeftOut.Unusable;
            if (atMost == 0 || atMost < total / LeastShareUsed)
            {
                if (source._refusals.Count == files.LeftOut.Unusable) throw source._refusals[0];
                throw new CameraFaultException(
                    $"Of the {total} images in '{folder}' hardly one can be used, {source.LeftOut}: replace them");
            }
        }

        return source;
    }

    /// <inheritdoc/>
    public ValueTask<Sample?> NextAsync(long tick, CancellationToken cancellationToken)
    {
        var (frame, label) = _images[SampleOrder.IndexOf(tick, Count)];
        return ValueTask.FromResult<Sample?>(new Sample(CaptureTime.Now(_time), label, frame, default));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task DecodeAsync(LabelledImage[] images, CancellationToken cancellationToken)
    {
        var (frames, fault) = await TryDecodeAsync(images, cancellationToken);
        if (fault is null) _images.AddRange(frames.Zip(images, (frame, image) => (frame, image.Label)));
        else if (images.Length == 1)
        {
            _leftOut.AddUnusable(images[0].Path, fault.Message);

            // Where all images fail so, they are not the reason. Of one, a decoder's words may be taken for a refusal of the arguments.
            if (fault is CameraFaultException refusal) _refusals.Add(refusal);
        }
        else
        {
            // ffmpeg does not say which of its inputs is bad: halves find it.
            await DecodeAsync(images[..(images.Length / 2)], cancellationToken);
            await DecodeAsync(images[(images.Length / 2)..], cancellationToken);
        }
    }

    private async Task<(Frame[] Frames, Exception? Fault)> TryDecodeAsync(LabelledImage[] images, CancellationToken cancellationToken)
    {
        await using var process = await FfmpegProcess.StartAsync(_options.Ffmpeg, Arguments(images, _shape), cancellationToken);
        var frames = new Frame[images.Length];
        for (var decoded = 0; decoded < frames.Length; decoded++)
        {
            var frame = frames[decoded] = new Frame(_shape);
            var reading = process.Output.ReadAtLeastAsync(frame.Pixels, _shape.Bytes, throwOnEndOfStream: false, cancellationToken);
            try
            {
                if (await reading.AsTask().WaitAsync(s_patience, _time, cancellationToken) == _shape.Bytes) continue;
            }
            catch (TimeoutException)
            {
                return (frames, new IOException($"not decoded within {s_patience.TotalSeconds:0.#} s"));
            }

            return (frames, await FaultAsync(process, cancellationToken) ?? new IOException("it holds no frame"));
        }

        var more = await process.Output.ReadAsync(new byte[1], cancellationToken) != 0;
        if (more) return (frames, new IOException("more frames than images"));
        return (frames, await FaultAsync(process, cancellationToken));
    }

    private static async Task<Exception?> FaultAsync(FfmpegProcess process, CancellationToken cancellationToken)
    {
        try
        {
            var (exitCode, reason) = await process.WaitAsync(cancellationToken);
            if (exitCode == 0) return null;
            return new IOException(
                reason.Length > 0 ? reason : process.DamagedFrames > 0 ? "it is damaged" : $"ffmpeg ended with exit code {exitCode}");
        }
        catch (CameraFaultException refusal)
        {
            return refusal;
        }
    }

    /// <summary>Arguments for one output stream: the first frame of each image, scaled, one after another.</summary>
    private static IEnumerable<string> Arguments(LabelledImage[] images, FrameShape shape)
    {
        foreach (var image in images)
        {
            string[] input = ["-max_pixels", MaxPixels, .. image.Format.InputOptions, "-i", $"file:{image.Path}"];
            foreach (var word in input) yield return word;
        }

        yield return "-xerror";
        var filter = $"trim=end_frame=1,{FfmpegProcess.ScaleFilter(shape)},setsar=1,format={FfmpegProcess.PixelFormat(shape)}";
        var graph = string.Concat(images.Select((_, i) => $"[{i}:v]{filter}[v{i}];"))
            + string.Concat(images.Select((_, i) => $"[v{i}]"))
            + (images.Length == 1 ? "null[all]" : $"concat=n={images.Length}:v=1:a=0[all]");
        string[] output = ["-filter_complex", graph, "-map", "[all]", .. FfmpegProcess.RawOutput(shape)];
        foreach (var word in output) yield return word;
    }
}
