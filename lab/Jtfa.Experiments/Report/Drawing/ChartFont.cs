using Jtfa.Testbed;
using SkiaSharp;

namespace Jtfa.Experiments.Report.Drawing;

/// <summary>The font that figures' text is measured and written in.</summary>
public static class ChartFont
{
    // It has every sign that the figures use.
    private const string Preferred = "DejaVu Sans";

    private static readonly string? s_name = Choose([.. SKFontManager.Default.FontFamilies], SKTypeface.Default.FamilyName);

    /// <summary>Its family's name.</summary>
    /// <exception cref="TestbedException">No font is installed: figures would have no text, and nothing would say so.</exception>
    public static string Name =>
        s_name ?? throw new TestbedException("no font is installed, and the report's figures need one: apt-get install fonts-dejavu-core");

    /// <summary>Checks that there is one, before anything is run that a report is made of.</summary>
    /// <exception cref="TestbedException">No font is installed.</exception>
    public static void Check() => _ = Name;

    // If no font is installed, Skia has one family, the default one, which has no name and no letters.
    internal static string? Choose(IReadOnlyCollection<string> installed, string byDefault) =>
        installed.Contains(Preferred) ? Preferred : byDefault.Length > 0 ? byDefault : null;
}
