using Jtfa.Language.Weights;

namespace Jtfa.Language.Quantization;

/// <summary>Which formats fit rows of so many numbers.</summary>
internal static class FormatFit
{
    /// <summary>Whether rows have a whole number of a format's blocks.</summary>
    public static bool Fits(WeightFormat format, long columns) => columns % format.BlockLength == 0;

    /// <summary>
    /// A format, or the smallest that is no less exact and fits: the same in shorter blocks where there is one, and of llama.cpp's own
    /// formats another of these, so that it can read the file.
    /// </summary>
    public static WeightFormat Nearest(WeightFormat wanted, long columns) => WeightFormat.All
        .Where(format => Fits(format, columns) && format.BitsPerWeight >= wanted.BitsPerWeight)
        .Where(format => wanted.Id >= WeightFormat.FirstOwnId || format.Id < WeightFormat.FirstOwnId)
        .OrderBy(format => format == wanted ? 0 : Family(format) == Family(wanted) ? 1 : 2).ThenBy(format => format.BitsPerWeight)
        .First();

    private static string Family(WeightFormat format) => format.Name.Split("_B")[0];
}
