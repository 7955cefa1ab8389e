using System.Text;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Cameras.Sources;

/// <summary>Splits options at blanks; single or double quotes keep blanks together. It knows nothing else of a shell's syntax.</summary>
internal static class CommandLineWords
{
    /// <summary>The words of a line.</summary>
    /// <param name="line">Such as <c>-f v4l2 -framerate 30</c>.</param>
    /// <param name="setting">The setting that holds it, for the message.</param>
    /// <exception cref="CameraFaultException">A quote is not closed.</exception>
    public static List<string> Split(string line, string setting)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var (quote, inWord) = ('\0', false);
        foreach (var c in line)
        {
            if (quote != '\0' && c != quote) word.Append(c);
            else if (quote != '\0') quote = '\0';
            else if (c is '\'' or '"') (quote, inWord) = (c, true);
            else if (!char.IsWhiteSpace(c))
            {
                word.Append(c);
                inWord = true;
            }
            else if (inWord)
            {
                words.Add(word.ToString());
                word.Clear();
                inWord = false;
            }
        }
        if (quote != '\0') throw new CameraFaultException($"{setting}='{Secrets.MaskOptions(line)}': close the quote {quote}");
        if (inWord) words.Add(word.ToString());
        return words;
    }
}
