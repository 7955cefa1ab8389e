using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Jtfa.Silo.Cameras.Sources;

/// <summary>
/// Which ffmpeg a program is, as it says itself. Arguments are written for a current one; <see cref="Adapt"/> renames what an older one
/// knows by another name.
/// </summary>
/// <param name="Line">The first line of what <c>ffmpeg -version</c> prints.</param>
/// <param name="Libavformat">Version of the library libavformat, which builds without a version number have too; null when unknown.</param>
public sealed partial record FfmpegVersion(string Line, Version? Libavformat)
{
    /// <summary>The oldest ffmpeg that is supported.</summary>
    public const string Oldest = "4.0";

    // Libavformat of ffmpeg 4.0 and of 5.1.
    private static readonly Version s_oldest = new(58, 12);
    private static readonly Version s_fpsMode = new(59, 27);

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private static readonly ConcurrentDictionary<string, Lazy<Task<FfmpegVersion>>> s_asked = new(StringComparer.Ordinal);

    /// <summary>What it is called in messages, such as "ffmpeg 5.1.9".</summary>
    public string Name => Number().Match(Line) is { Success: true } number ? $"ffmpeg {number.Groups[1].Value}" : "ffmpeg";

    /// <summary>Whether it is older than <see cref="Oldest"/>.</summary>
    public bool IsTooOld => IsBefore(s_oldest);

    /// <summary>Asks a program once in the life of this process.</summary>
    /// <param name="program">A name looked up in PATH, or a path.</param>
    /// <param name="cancellationToken">Ends waiting for its answer.</param>
    /// <exception cref="CameraFaultException">It cannot be started, mostly because it is not installed, or does not answer.</exception>
    public static async Task<FfmpegVersion> OfAsync(string program, CancellationToken cancellationToken)
    {
        var asked = s_asked.GetOrAdd(program, name => new Lazy<Task<FfmpegVersion>>(() => AskAsync(name)));
        try
        {
            return await asked.Value.WaitAsync(cancellationToken);
        }
        catch (CameraFaultException)
        {
            s_asked.TryRemove(KeyValuePair.Create(program, asked)); // it may be installed meanwhile
            throw;
        }
    }

    /// <summary>Reads what <c>ffmpeg -version</c> prints. One that does not tell its version counts as a current one.</summary>
    public static FfmpegVersion Parse(string output)
    {
        var line = output.ReplaceLineEndings("\n").Split('\n')[0].Trim();
        if (LibavformatLine().Match(output) is { Success: true } library)
            return new(line, new Version(ToInt(library.Groups[1]), ToInt(library.Groups[2])));
        return new(line, Number().Match(line) is { Success: true } number ? LibavformatOf(new Version(number.Groups[1].Value)) : null);
    }

    /// <summary>The arguments as this version knows them.</summary>
    /// <param name="arguments">Arguments of a current ffmpeg.</param>
    public IEnumerable<string> Adapt(IEnumerable<string> arguments) =>
        IsBefore(s_fpsMode) ? arguments.Select(word => word == "-fps_mode" ? "-vsync" : word) : arguments;

    internal static CameraFaultException NotInstalled(string program, Win32Exception reason) => new(
        $"ffmpeg ('{program}') cannot be started ({reason.Message}): install it: apt-get install ffmpeg", reason);

    private bool IsBefore(Version libavformat) => Libavformat is { } known && known < libavformat;

    private static async Task<FfmpegVersion> AskAsync(string program)
    {
        using var patience = new CancellationTokenSource(s_patience);
        using var process = new Process { StartInfo = new(program, ["-version"]) { RedirectStandardOutput = true } };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            throw NotInstalled(program, e);
        }
        try
        {
            using var answer = process.StandardOutput;
            var output = await answer.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return Parse(output);
        }
        catch (OperationCanceledException e)
        {
            throw new CameraFaultException($"'{program} -version' does not end: reinstall ffmpeg", e) { MayPass = true };
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    // The two releases at which something changes; others lie between.
    private static Version LibavformatOf(Version ffmpeg) =>
        ffmpeg >= new Version(5, 1) ? s_fpsMode : ffmpeg >= new Version(4, 0) ? s_oldest : new Version(0, 0);

    private static int ToInt(Group digits) => int.Parse(digits.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^ffmpeg version n?(\d{1,3}\.\d{1,3}(?:\.\d{1,3})?)", RegexOptions.CultureInvariant)]
    private static partial Regex Number();

    [GeneratedRegex(@"^libavformat +(\d{1,4})\. *(\d{1,4})\.", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex LibavformatLine();
}
