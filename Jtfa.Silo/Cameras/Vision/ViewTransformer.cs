using Jtfa.Interfaces;
using Jtfa.Silo.Cameras.Sources;

namespace Jtfa.Silo.Cameras.Vision;

/// <summary>
/// Gives a camera its own view of a frame. For the centre of each output pixel, as a fraction of the frame from its middle,
/// f = ((u+½)/w − ½, (v+½)/h − ½), turned by the rotation θ: r = (cos θ·fx + sin θ·fy, −sin θ·fx + cos θ·fy); the input is read at
/// crop.x + (rx+½)·crop.width, crop.y + (ry+½)·crop.height with bilinear interpolation, 0 outside the frame. Then times exposure,
/// 0 within the occlusion, plus Gaussian noise, clipped to 0 … 255 and rounded to the nearest byte, halves to even.
/// models/training/views.py does the same; both compile all but the noise into four weights a pixel.
/// </summary>
public sealed class ViewTransformer
{
    private const int Neighbours = 4;

    private readonly ViewTransform _transform;
    private readonly FractionRectangle _crop;
    private readonly ulong _noiseSeed;
    private int[] _indices = [];
    private float[] _weights = [];
    private Frame? _output;

    /// <summary>A transformer for the frames of one camera.</summary>
    /// <param name="transform">What it does.</param>
    /// <param name="view">The view number: views with equal seeds still have noise of their own.</param>
    /// <exception cref="CameraFaultException">A number is not finite or outside its range.</exception>
    public ViewTransformer(ViewTransform transform, int view)
    {
        _transform = transform;
        _crop = transform.Crop ?? new FractionRectangle(0, 0, 1, 1);
        _noiseSeed = SampleOrder.Seed(transform.Seed, view);
        Check("Crop", transform.Crop);
        Check("Occlusion", transform.Occlusion);
        Check("Rotation", transform.Rotation, double.MinValue);
        Check("Exposure", transform.Exposure, 0);
        Check("Noise", transform.Noise, 0);
    }

    /// <summary>The camera's view of a frame.</summary>
    /// <param name="frame">Any size and number of channels.</param>
    /// <param name="tick">The tick's number; the noise of a tick is always the same.</param>
    /// <returns>A frame of the same size; it holds until the next call.</returns>
    public Frame Apply(Frame frame, long tick)
    {
        var output = _output?.Shape == frame.Shape ? _output : Compile(frame.Shape);
        var channels = frame.Shape.Channels;
        var deviation = (float)(_transform.Noise * 255);
        var noise = new Gaussian(SampleOrder.Seed((long)_noiseSeed, tick));

        for (var pixel = 0; pixel < output.Pixels.Length / channels; pixel++)
        {
            var indices = _indices.AsSpan(pixel * Neighbours, Neighbours);
            var weights = _weights.AsSpan(pixel * Neighbours, Neighbours);
            for (var channel = 0; channel < channels; channel++)
            {
                var value = 0f;
                for (var i = 0; i < Neighbours; i++) value += frame.Pixels[indices[i] + channel] * weights[i];
                if (deviation > 0) value += deviation * noise.Next();
                output.Pixels[(pixel * channels) + channel] = (byte)MathF.Round(Math.Clamp(value, 0f, 255f));
            }
        }
        return output;
    }

    private Frame Compile(FrameShape shape)
    {
        _indices = new int[shape.Width * shape.Height * Neighbours];
        _weights = new float[shape.Width * shape.Height * Neighbours];
        var (sin, cos) = Math.SinCos(_transform.Rotation * Math.PI / 180);
        for (var v = 0; v < shape.Height; v++)
        {
            for (var u = 0; u < shape.Width; u++)
            {
                var (across, down) = ((u + 0.5) / shape.Width, (v + 0.5) / shape.Height);
                var (fx, fy) = (across - 0.5, down - 0.5);
                var (rx, ry) = ((cos * fx) + (sin * fy), (-sin * fx) + (cos * fy));
                var x = ((_crop.X + ((rx + 0.5) * _crop.Width)) * shape.Width) - 0.5;
                var y = ((_crop.Y + ((ry + 0.5) * _crop.Height)) * shape.Height) - 0.5;
                var gain = Hidden(across, down) ? 0 : _transform.Exposure;
                SetNeighbours(((v * shape.Width) + u) * Neighbours, x, y, gain, shape);
            }
        }
        return _output = new Frame(shape);
    }

    private void SetNeighbours(int at, double x, double y, double gain, FrameShape shape)
    {
        var (left, top) = (Math.Floor(x), Math.Floor(y));
        for (var i = 0; i < Neighbours; i++)
        {
            var (column, row) = (left + (i & 1), top + (i >> 1));
            // A neighbour outside the frame counts as 0: weight 0 on any valid pixel.
            if (column < 0 || column >= shape.Width || row < 0 || row >= shape.Height) continue;
            _indices[at + i] = (((int)row * shape.Width) + (int)column) * shape.Channels;
            _weights[at + i] = (float)((1 - Math.Abs(x - column)) * (1 - Math.Abs(y - row)) * gain);
        }
    }

    private bool Hidden(double across, double down) =>
        _transform.Occlusion is { } o && across >= o.X && across < o.X + o.Width && down >= o.Y && down < o.Y + o.Height;

    private static void Check(string name, FractionRectangle? rectangle)
    {
        if (rectangle is null) return;
        Check($"{name}.X", rectangle.X, double.MinValue);
        Check($"{name}.Y", rectangle.Y, double.MinValue);
        Check($"{name}.Width", rectangle.Width, 0);
        Check($"{name}.Height", rectangle.Height, 0);
    }

    private static void Check(string name, double value, double least)
    {
        if (double.IsFinite(value) && value >= least) return;
        var allowed = least == 0 ? "a number from 0" : "a finite number";
        throw new CameraFaultException($"Source.Transform.{name}={value}: allowed is {allowed}");
    }
}
