namespace Jtfa.Silo.Cameras.Vision;

/// <summary>How an image becomes the tensor that a backbone declares: with a batch axis or without, or flat.</summary>
internal static class InputFit
{
    /// <summary>The sizes that the tensor may have, the likeliest first; none when what model.json says does not fit.</summary>
    /// <param name="input">What model.json says.</param>
    /// <param name="declared">The backbone's own sizes, −1 or 0 for any; empty where it declares none.</param>
    public static List<long[]> Dimensions(ModelInput input, int[] declared) =>
        [.. Forms(input).Where(form => declared.Length == 0 || Fits(declared, form))];

    /// <summary>What to do where nothing fits.</summary>
    public static string Advice(ModelInput input, int[] declared)
    {
        var other = input with { Layout = input.ChannelsFirst ? "NHWC" : "NCHW" };
        if (Dimensions(other, declared).Count > 0) return $"set input.layout to {other.Layout}";
        int[] single = declared.Length > 0 ? [1, .. declared[1..]] : [];
        return declared is [> 1, ..] && Dimensions(input, single).Count > 0
            ? "export it with a batch of 1 or of any size"
            : "correct input in model.json";
    }

    private static IEnumerable<long[]> Forms(ModelInput input)
    {
        var batch = input.Dimensions;
        yield return batch;
        yield return batch[1..];
        if (input.Channels == 1) yield return [1, input.Height, input.Width];
        yield return [1, input.Shape.Bytes];
        if (input.Channels == 1) yield return [input.Height, input.Width];
        yield return [input.Shape.Bytes];
    }

    private static bool Fits(int[] declared, long[] form) =>
        declared.Length == form.Length && declared.Zip(form).All(pair => pair.First <= 0 || pair.First == pair.Second);
}
