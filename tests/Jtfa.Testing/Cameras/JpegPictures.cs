using System.Diagnostics;

namespace Jtfa.Testing.Cameras;

/// <summary>JPEG pictures that ffmpeg makes.</summary>
internal static class JpegPictures
{
    /// <summary>Pictures of a source of ffmpeg's; skips the test where ffmpeg is not installed.</summary>
    /// <param name="source">What lavfi shows, such as <c>testsrc=size=160x120</c>.</param>
    /// <param name="count">How many pictures.</param>
    public static async Task<IReadOnlyList<byte[]>> MakeAsync(string source, int count)
    {
        SkipWithoutFfmpeg();
        string[] arguments =
            ["-loglevel", "error", "-nostdin", "-f", "lavfi", "-i", source, "-frames:v", $"{count}", "-q:v", "3", "-f", "mjpeg", "pipe:1"];
        using var process = Process.Start(new ProcessStartInfo("ffmpeg", arguments) { RedirectStandardOutput = true })!;
        using var bytes = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(bytes, TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        var pictures = Split(bytes.ToArray()).ToList();
        Assert.Equal((0, count), (process.ExitCode, pictures.Count));
        return pictures;
    }

    public static void SkipWithoutFfmpeg() =>
        Assert.SkipUnless(IsFfmpegThere, "ffmpeg is not installed (apt-get install ffmpeg)");

    private static bool IsFfmpegThere => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, "ffmpeg")));

    // A picture ends with FF D9, which stands nowhere within one.
    private static IEnumerable<byte[]> Split(byte[] stream)
    {
        for (var from = 0; from < stream.Length;)
        {
            var end = from + stream.AsSpan(from).IndexOf((ReadOnlySpan<byte>)[0xFF, 0xD9]) + 2;
            yield return stream[from..end];
            from = end;
        }
    }
}
