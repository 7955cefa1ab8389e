using System.Text.RegularExpressions;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Cameras.Sources;

/// <summary>
/// What ffmpeg is asked to read. A regular file is finite and may end; all else is live: devices, pipes, network streams, also ones that
/// are not there yet, and files that ffmpeg is told to repeat or to follow without end.
/// </summary>
/// <param name="Path">What follows -i.</param>
/// <param name="Options">What precedes it.</param>
internal sealed partial record SourceInput(string Path, IReadOnlyList<string> Options)
{
    // Without nobuffer ffmpeg holds each frame back until the next has come. The others end a look at the stream before its first frame
    // that would take 5 s: the decoder and the size become known with the first key frame anyway.
    private static readonly string[] s_live = ["-fflags", "nobuffer", "-analyzeduration", "500000", "-fpsprobesize", "0"];

    private static readonly (string Option, string Value)[] s_endless = [("-stream_loop", "-1"), ("-loop", "1"), ("-follow", "1")];

    /// <summary>Whether it is a regular file now.</summary>
    public bool IsFile { get; } = SourceFile.IsRegular(LocalPath(Path));

    /// <summary>Whether its end is a fault that may pass.</summary>
    public bool IsLive => IsFile ? IsEndless : !IsMissingFile;

    /// <summary>Input arguments of ffmpeg.</summary>
    public IEnumerable<string> Arguments
    {
        get
        {
            // A file is played at its own speed. A damaged frame is to be an error: by default its rest is painted grey. Options of the
            // configuration come later and win.
            string[] pace = IsFile ? ["-re"] : s_live;
            var named = IsFile && Path.Contains(':') && !Path.StartsWith("file:", StringComparison.Ordinal) ? $"file:{Path}" : Path;
            return [.. pace, "-err_detect:v", "explode", .. Options, .. OneImage, "-i", named];
        }
    }

    // To ffmpeg shot_%d.png is a pattern of many files.
    private string[] OneImage =>
        IsFile && Path.Contains('%') && ImageFolder.IsImageName(Path) && !Options.Contains("-f") ? ImageFormat.OneFile : [];

    // What no -f says to be something other than a file. A device that is missing may be plugged in.
    private bool IsMissingFile => !Options.Contains("-f") && !Path.StartsWith("/dev/", StringComparison.Ordinal)
        && LocalPath(Path) is var path && !File.Exists(path) && (path != Path || !Scheme().IsMatch(path));

    private bool IsEndless => s_endless.Any(endless => Options.Zip(Options.Skip(1)).Contains(endless));

    /// <summary>The input that a camera's source describes.</summary>
    /// <exception cref="CameraFaultException">A quote in its options is not closed.</exception>
    public static SourceInput Of(FrameSourceConfig source) =>
        new(source.Path, CommandLineWords.Split(source.InputOptions, "Source.InputOptions"));

    private static string LocalPath(string path) => path.StartsWith("file:", StringComparison.Ordinal) ? path["file:".Length..] : path;

    [GeneratedRegex("^[A-Za-z0-9+.-]{2,}:", RegexOptions.CultureInvariant)]
    private static partial Regex Scheme();
}
