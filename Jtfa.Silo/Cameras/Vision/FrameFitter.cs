using Jtfa.Silo.Cameras.Sources;

namespace Jtfa.Silo.Cameras.Vision;

/// <summary>
/// Brings frames to the model's input size and channels: bilinear, with the nearest pixel beyond the edges; grey is repeated into
/// three channels, colours become grey by ITU-R BT.601's luma 0.299·R + 0.587·G + 0.114·B.
/// </summary>
/// <param name="shape">The model's input.</param>
public sealed class FrameFitter(FrameShape shape)
{
    private readonly Frame _fitted = new(shape);
    private readonly float[] _pixel = new float[3];

    /// <summary>Fits a frame.</summary>
    /// <param name="frame">Any size, 1 or 3 channels.</param>
    /// <returns>The frame itself when it fits; else one that holds until the next call.</returns>
    public Frame Fit(Frame frame)
    {
        if (frame.Shape == shape) return frame;
        var to = 0;
        for (var v = 0; v < shape.Height; v++)
        {
            var y = (((v + 0.5f) * frame.Shape.Height) / shape.Height) - 0.5f;
            for (var u = 0; u < shape.Width; u++)
            {
                var x = (((u + 0.5f) * frame.Shape.Width) / shape.Width) - 0.5f;
                Interpolate(frame, x, y);
                WritePixel(frame.Shape.Channels, ref to);
            }
        }
        return _fitted;
    }

    private void Interpolate(Frame frame, float x, float y)
    {
        var (width, height, channels) = (frame.Shape.Width, frame.Shape.Height, frame.Shape.Channels);
        x = Math.Clamp(x, 0, width - 1);
        y = Math.Clamp(y, 0, height - 1);
        var (left, top) = ((int)x, (int)y);
        var (right, bottom) = (Math.Min(left + 1, width - 1), Math.Min(top + 1, height - 1));
        var (dx, dy) = (x - left, y - top);
        for (var channel = 0; channel < channels; channel++)
        {
            float At(int column, int row) => frame.Pixels[(((row * width) + column) * channels) + channel];
            var above = At(left, top) + (dx * (At(right, top) - At(left, top)));
            var below = At(left, bottom) + (dx * (At(right, bottom) - At(left, bottom)));
            _pixel[channel] = above + (dy * (below - above));
        }
    }

    private void WritePixel(int channels, ref int to)
    {
        if (channels == 3 && shape.Channels == 1) _pixel[0] = (0.299f * _pixel[0]) + (0.587f * _pixel[1]) + (0.114f * _pixel[2]);
        for (var channel = 0; channel < shape.Channels; channel++)
            _fitted.Pixels[to++] = (byte)MathF.Round(_pixel[Math.Min(channel, channels - 1)]);
    }
}
