using Jtfa.Silo.Cameras.Sources;

namespace Jtfa.Silo.Cameras.Vision;

/// <summary>How a backbone is fed: a pixel p of channel c as (p·scale − mean[c]) / std[c].</summary>
public sealed record ModelInput
{
    private const int MaxSide = 4096;

    /// <summary>Name of the backbone's input.</summary>
    public string Name { get; init; } = "";

    /// <summary>Pixels, 1 … 4096.</summary>
    public int Width { get; init; }

    /// <summary>Pixels, 1 … 4096.</summary>
    public int Height { get; init; }

    /// <summary>1 (grey) or 3 (red, green, blue).</summary>
    public int Channels { get; init; }

    /// <summary><c>NCHW</c>: one channel after another; <c>NHWC</c>: the channels of a pixel together.</summary>
    public string Layout { get; init; } = "NCHW";

    /// <summary>Factor on pixel values 0 … 255.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>One number a channel.</summary>
    public IReadOnlyList<double> Mean { get; init; } = [];

    /// <summary>One number a channel, above 0.</summary>
    public IReadOnlyList<double> Std { get; init; } = [];

    /// <summary>The frames that the backbone takes.</summary>
    public FrameShape Shape => new(Width, Height, Channels);

    /// <summary>Whether the layout is NCHW.</summary>
    public bool ChannelsFirst => Layout == "NCHW";

    /// <summary>The tensor's dimensions for a batch of one.</summary>
    public long[] Dimensions => ChannelsFirst ? [1, Channels, Height, Width] : [1, Height, Width, Channels];

    internal IEnumerable<string> Faults()
    {
        if (string.IsNullOrEmpty(Name)) yield return "input.name is missing: name the backbone's input";
        if (Width is < 1 or > MaxSide) yield return $"input.width={Width}: allowed is 1 … {MaxSide}";
        if (Height is < 1 or > MaxSide) yield return $"input.height={Height}: allowed is 1 … {MaxSide}";
        if (Channels is not (1 or 3)) yield return $"input.channels={Channels}: allowed is 1 or 3";
        if (Layout is not ("NCHW" or "NHWC")) yield return $"input.layout={Layout}: allowed is NCHW or NHWC";
        if (!double.IsFinite(Scale) || Scale == 0) yield return $"input.scale={Scale}: allowed is a number other than 0";
        if (Mean?.Count != Channels) yield return $"input.mean has {Mean?.Count ?? 0} numbers: give one a channel, {Channels}";
        if (Std?.Count != Channels) yield return $"input.std has {Std?.Count ?? 0} numbers: give one a channel, {Channels}";
        if (Std?.Any(value => !(value > 0)) == true) yield return "input.std has a number that is not above 0";
    }
}
