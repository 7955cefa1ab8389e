using System.Text.RegularExpressions;

namespace Jtfa.Silo.Cameras.Sources;

/// <summary>What ffmpeg reports at level "error", a line after the other: damaged frames, refusals of its arguments, a reason.</summary>
internal sealed partial class FfmpegReport
{
    // One line for each frame that the decoder refused: until ffmpeg 6.0, since then.
    private static readonly string[] s_damaged =
        ["Error while decoding stream", "Error submitting packet to decoder", "Error submitting a packet to decoder", "Decoding error:"];

    // Said of the command line, before any input is opened or because it does not fit the input.
    private static readonly string[] s_refusals =
    [
        "Unrecognized option", "Error splitting the argument list", "Error parsing", "cannot be applied to", "Unknown input format",
        "Unknown decoder", "Protocol not found", "Unable to parse option", "Error setting option", "Missing argument for option",
        "Invalid value", "Failed to set value", "Invalid loglevel",
    ];

    // Said besides the reason, mostly after it.
    private static readonly string[] s_besides =
    [
        "Error splitting the argument list", "Error parsing options for", "Error opening input file", "Error opening output file",
        "Did you mean", "To ignore this", "Conversion failed", "Exiting normally", "Error initializing",
    ];

    private long _damagedFrames;

    /// <summary>Frames that were too damaged to be decoded.</summary>
    public long DamagedFrames => Interlocked.Read(ref _damagedFrames);

    /// <summary>The last reason that it gave for something other than a damaged frame; empty when it gave none.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>Its first refusal of its own arguments; null when there was none.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Takes a line.</summary>
    public void Add(string line)
    {
        var words = Origin().Replace(line.Trim(), "");
        if (words.Length == 0) return;
        if (s_damaged.Any(words.Contains))
        {
            Interlocked.Increment(ref _damagedFrames);
            Reason = ""; // the lines before it were the decoder's, about this frame
            return;
        }

        if (s_refusals.Any(words.Contains) || NoSuchOption().IsMatch(words)) Refusal ??= words;
        if (Reason.Length == 0 || !s_besides.Any(words.StartsWith)) Reason = words;
    }

    // "[in#0 @ 0x5564d531b100] [http @ 0x5564d531c200] ": the addresses say nothing to a reader.
    [GeneratedRegex(@"^(\[[^\]]* @ [^\]]*\] )+", RegexOptions.CultureInvariant)]
    private static partial Regex Origin();

    [GeneratedRegex(@"^Option \S+ not found", RegexOptions.CultureInvariant)]
    private static partial Regex NoSuchOption();
}
