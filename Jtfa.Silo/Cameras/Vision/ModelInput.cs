using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
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

    /// <summary>1 (grey) or 3 (colour).</summary>
    public int Channels { get; init; }

    /// <summary><c>NCHW</c>: one channel after another; <c>NHWC</c>: the channels of a pixel together.</summary>
    public string Layout { get; init; } = "NCHW";

    /// <summary><c>RGB</c> or <c>BGR</c>: the order of a model's three channels.</summary>
    public string ChannelOrder { get; init; } = "RGB";

    /// <summary>Factor on pixel values 0 … 255.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>One number a channel, in the model's order.</summary>
    public IReadOnlyList<double> Mean { get; init; } = [];

    /// <summary>One number a channel, in the model's order, above 0.</summary>
    public IReadOnlyList<double> Std { get; init; } = [];

    /// <summary>The frames that the backbone takes.</summary>
    public FrameShape Shape => new(Width, Height, Channels);

    /// <summary>Whether the layout is NCHW.</summary>
    public bool ChannelsFirst => Layout == "NCHW";

    /// <summary>Whether the model's first channel is blue.</summary>
    public bool BlueFirst => Channels == 3 && ChannelOrder == "BGR";

    /// <summary>The tensor's dimensions for a batch of one.</summary>
    [JsonIgnore]
    public long[] Dimensions => ChannelsFirst ? [1, Channels, Height, Width] : [1, Height, Width, Channels];

    [JsonInclude, JsonExtensionData]
    internal Dictionary<string, JsonElement>? Unknown { get; init; }

    /// <summary>What the model is fed for a value of a pixel.</summary>
    internal double Normalised(int channel, int pixel) => ((pixel * Scale) - Mean[channel]) / Std[channel];

    /// <summary>What is wrong where the model takes integers; null when nothing is.</summary>
    internal string? FaultAsWhole(ElementCast cast)
    {
        var ends = Enumerable.Range(0, Channels).SelectMany(channel => new[] { Normalised(channel, 0), Normalised(channel, byte.MaxValue) })
            .ToArray();
        var (least, most) = (ends.Min(), ends.Max());
        var isBeyond = cast.Cast(least) > least + 0.5 || cast.Cast(most) < most - 0.5;
        if (!isBeyond && cast.Cast(most) - cast.Cast(least) >= 2) return null;
        var how = isBeyond ? "which is beyond it" : "nearly all one integer";
        return string.Create(CultureInfo.InvariantCulture,
            $"input.scale, input.mean and input.std in model.json give {least:0.###} … {most:0.###}, {how}:"
            + $" for bytes as they are set scale to 1, mean to 0 and std to 1");
    }

    internal IEnumerable<string> Faults()
    {
        foreach (var fault in ModelDescription.UnknownKeys<ModelInput>(Unknown, "input.")) yield return fault;
        if (string.IsNullOrEmpty(Name)) yield return "input.name is missing: name the backbone's input";
        if (Width is < 1 or > MaxSide) yield return $"input.width={Width}: allowed is 1 … {MaxSide}";
        if (Height is < 1 or > MaxSide) yield return $"input.height={Height}: allowed is 1 … {MaxSide}";
        if (Channels is not (1 or 3)) yield return $"input.channels={Channels}: allowed is 1 or 3";
        if (Layout is not ("NCHW" or "NHWC")) yield return $"input.layout={Layout}: allowed is NCHW or NHWC";
        if (ChannelOrder is not ("RGB" or "BGR")) yield return $"input.channelOrder={ChannelOrder}: allowed is RGB or BGR";
        if (!double.IsFinite(Scale) || Scale == 0) yield return $"input.scale={Scale}: allowed is a number other than 0";
        if (Mean?.Count != Channels) yield return $"input.mean has {Mean?.Count ?? 0} numbers: give one a channel, {Channels}";
        if (Std?.Count != Channels) yield return $"input.std has {Std?.Count ?? 0} numbers: give one a channel, {Channels}";
        if (Std?.Any(value => !(value > 0)) == true) yield return "input.std has a number that is not above 0";
        else if (Mean?.Count == Channels && Std?.Count == Channels && !FitsSingle())
            yield return "input.scale, input.mean and input.std give numbers beyond those of single precision";
    }

    private bool FitsSingle() => Enumerable.Range(0, Channels).All(channel =>
        float.IsFinite((float)Normalised(channel, 0)) && float.IsFinite((float)Normalised(channel, byte.MaxValue)));
}
