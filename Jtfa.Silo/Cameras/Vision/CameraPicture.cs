using Jtfa.Silo.Cameras.Sources;
using SkiaSharp;

namespace Jtfa.Silo.Cameras.Vision;

/// <summary>
/// What a camera sees, as a small JPEG for people. While somebody asks, the capture loop copies one frame a second; whoever asks encodes
/// it, so that no token waits for a picture.
/// </summary>
/// <param name="time">All clocks.</param>
internal sealed class CameraPicture(TimeProvider time)
{
    // The longer side, at most, pixels.
    private const int LongestSide = 320;
    private const int Quality = 85;

    // Copied as long as the last question is no older.
    private static readonly TimeSpan s_wanted = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(0.9);

    private readonly Lock _gate = new();
    private long _askedAt = long.MinValue;
    private long _takenAt = long.MinValue;
    private Frame? _frame;
    private byte[]? _jpeg; // of the frame, once somebody has asked for it

    /// <summary>Takes a frame if a picture is wanted and the last is old. The caller may write into the frame afterwards.</summary>
    public void Offer(Frame frame)
    {
        var now = time.GetTimestamp();
        var asked = Volatile.Read(ref _askedAt);
        if (asked == long.MinValue || time.GetElapsedTime(asked, now) > s_wanted) return;
        if (_takenAt != long.MinValue && time.GetElapsedTime(_takenAt, now) < s_period) return;
        _takenAt = now;
        lock (_gate)
        {
            if (_frame?.Shape != frame.Shape) _frame = new Frame(frame.Shape);
            frame.Pixels.CopyTo(_frame.Pixels, 0);
            _jpeg = null;
        }
    }

    /// <summary>The picture; null where no frame was taken since somebody has asked.</summary>
    public byte[]? Get()
    {
        var now = time.GetTimestamp();
        var before = Interlocked.Exchange(ref _askedAt, now);
        if (before == long.MinValue || time.GetElapsedTime(before, now) > s_wanted) return null; // what is kept is old
        lock (_gate) return _frame is null ? null : _jpeg ??= Encode(_frame);
    }

    private static byte[] Encode(Frame frame)
    {
        var (width, height, channels) = (frame.Shape.Width, frame.Shape.Height, frame.Shape.Channels);
        var longest = Math.Max(width, height);
        if (longest > LongestSide)
        {
            var small = new FrameShape(Math.Max(1, width * LongestSide / longest), Math.Max(1, height * LongestSide / longest), channels);
            frame = new FrameFitter(small).Fit(frame);
            (width, height) = (small.Width, small.Height);
        }

        using var bitmap = new SKBitmap(width, height, channels == 1 ? SKColorType.Gray8 : SKColorType.Rgb888x, SKAlphaType.Opaque);
        for (var y = 0; y < height; y++)
        {
            var row = bitmap.GetPixelSpan().Slice(y * bitmap.RowBytes, bitmap.RowBytes);
            var pixels = frame.Pixels.AsSpan(y * width * channels, width * channels);
            if (channels == 1)
            {
                pixels.CopyTo(row);
                continue;
            }

            for (var x = 0; x < width; x++)
            {
                pixels.Slice(3 * x, 3).CopyTo(row[(4 * x)..]);
                row[(4 * x) + 3] = byte.MaxValue;
            }
        }

        using var jpeg = bitmap.Encode(SKEncodedImageFormat.Jpeg, Quality);
        return jpeg.ToArray();
    }
}
