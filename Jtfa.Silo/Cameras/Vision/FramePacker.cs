using Jtfa.Silo.Cameras.Sources;

namespace Jtfa.Silo.Cameras.Vision;

/// <summary>Writes a frame into a backbone's input tensor: (p·scale − mean[c]) / std[c] in NCHW or NHWC order.</summary>
public sealed class FramePacker
{
    private readonly ModelInput _input;
    private readonly float[][] _values; // [channel][byte]: 256 divisions a channel instead of one a pixel

    /// <summary>A packer for one model.</summary>
    public FramePacker(ModelInput input)
    {
        _input = input;
        _values = [.. Enumerable.Range(0, input.Channels).Select(channel =>
            Enumerable.Range(0, 256).Select(pixel => (float)input.Normalised(channel, pixel)).ToArray())];
    }

    /// <summary>Packs a frame.</summary>
    /// <param name="frame">Of the model's shape.</param>
    /// <param name="tensor">Takes height × width × channels numbers.</param>
    /// <exception cref="ArgumentException">The frame or the tensor has another size.</exception>
    public void Pack(Frame frame, Span<float> tensor)
    {
        if (frame.Shape != _input.Shape) throw new ArgumentException($"{frame.Shape}: the model takes {_input.Shape}.", nameof(frame));
        if (tensor.Length != frame.Pixels.Length) throw new ArgumentException(
            $"Room for {tensor.Length} of {frame.Pixels.Length} numbers.", nameof(tensor));

        var channels = frame.Shape.Channels;
        var plane = frame.Pixels.Length / channels;
        for (var channel = 0; channel < channels; channel++)
        {
            var values = _values[channel];
            var colour = _input.BlueFirst ? channels - 1 - channel : channel; // frames are red first
            for (var pixel = 0; pixel < plane; pixel++)
            {
                var to = _input.ChannelsFirst ? (channel * plane) + pixel : (pixel * channels) + channel;
                tensor[to] = values[frame.Pixels[(pixel * channels) + colour]];
            }
        }
    }
}
