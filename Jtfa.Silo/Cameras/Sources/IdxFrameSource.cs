namespace Jtfa.Silo.Cameras.Sources;

/// <summary>Images of an IDX file: grey frames, shuffled by the tick.</summary>
public sealed class IdxFrameSource : IFrameSource
{
    private readonly IdxFile _images;
    private readonly byte[]? _labels;
    private readonly TimeProvider _time;
    private readonly Frame _frame;

    private IdxFrameSource(IdxFile images, byte[]? labels, TimeProvider time)
    {
        _images = images;
        _labels = labels;
        _time = time;
        _frame = new Frame(new FrameShape(images.Shape[2], images.Shape[1], 1));
    }

    /// <summary>Number of images.</summary>
    public int Count => _images.Shape[0];

    /// <summary>Reads the images, and the labels when there are any.</summary>
    /// <param name="path">IDX file of images × height × width bytes.</param>
    /// <param name="labelsPath">IDX file of as many labels; empty when labels are unknown.</param>
    /// <param name="time">Tells when a frame is taken: when it is asked for.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <exception cref="CameraFaultException">A file is missing or corrupt, or the counts differ.</exception>
    public static async Task<IdxFrameSource> OpenAsync(
        string path, string labelsPath, TimeProvider time, CancellationToken cancellationToken)
    {
        var images = await IdxFile.ReadAsync(path, 3, "Source.Path", cancellationToken);
        if (labelsPath.Length == 0) return new IdxFrameSource(images, null, time);
        var labels = await IdxFile.ReadAsync(labelsPath, 1, "Source.Labels", cancellationToken);
        if (labels.Shape[0] != images.Shape[0])
        {
            throw new CameraFaultException(
                $"'{labelsPath}' has {labels.Shape[0]} labels, '{path}' has {images.Shape[0]} images: take files that belong together");
        }
        return new IdxFrameSource(images, labels.Data, time);
    }

    /// <inheritdoc/>
    public ValueTask<Sample?> NextAsync(long tick, CancellationToken cancellationToken)
    {
        var takenAt = CaptureTime.Now(_time);
        var index = SampleOrder.IndexOf(tick, Count);
        var bytes = _frame.Shape.Bytes;
        _images.Data.AsSpan(index * bytes, bytes).CopyTo(_frame.Pixels);
        return ValueTask.FromResult<Sample?>(new Sample(takenAt, _labels?[index] ?? -1, _frame, default));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
