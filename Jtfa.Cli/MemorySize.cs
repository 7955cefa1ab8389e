using System.Globalization;

namespace Jtfa.Cli;

/// <summary>Sizes of memory as they are typed: a whole number with its unit.</summary>
internal static class MemorySize
{
    private static readonly (string Unit, int MiB)[] s_units = [("MiB", 1), ("GiB", 1024)];

    /// <summary>The MiB of a size.</summary>
    /// <param name="option">The option that names it.</param>
    /// <param name="text">As 512MiB or 2GiB.</param>
    /// <exception cref="UsageException">It is none.</exception>
    public static int Parse(string option, string text)
    {
        foreach (var (unit, mebibytes) in s_units)
        {
            if (text.EndsWith(unit, StringComparison.OrdinalIgnoreCase)
                && int.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number is > 0 and <= int.MaxValue / 1024)
                return number * mebibytes;
        }

        throw new UsageException($"{option} {text}: allowed is a whole number of MiB or GiB, such as 512MiB or 2GiB");
    }
}
