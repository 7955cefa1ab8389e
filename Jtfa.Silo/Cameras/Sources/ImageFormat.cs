namespace Jtfa.Silo.Cameras.Sources;

/// <summary>
/// An image format and how ffmpeg reads one file of it. The format follows from the content, since files are often named wrongly, and
/// ffmpeg is told it: left to itself, it takes a % in a name for a pattern of many files.
/// </summary>
/// <param name="InputOptions">Options before -i.</param>
internal sealed record ImageFormat(string[] InputOptions)
{
    /// <summary>Bytes of a file that tell its format.</summary>
    public const int StartBytes = 32;

    /// <summary>The formats, for messages.</summary>
    public const string Known = "PNG, JPEG, BMP, GIF, WebP, TIFF or PNM";

    /// <summary>Options before -i for a file that is one image, whatever its name holds.</summary>
    public static readonly string[] OneFile = ["-f", "image2", "-pattern_type", "none"];

    // Without explode a truncated JPEG passes as an image whose rest is grey.
    private static readonly string[] s_strict = ["-err_detect", "explode"];

    private static readonly ImageFormat s_png = new([.. s_strict, .. OneFile, "-c:v", "png"]);
    private static readonly ImageFormat s_jpeg = new([.. s_strict, .. OneFile, "-c:v", "mjpeg"]);
    private static readonly ImageFormat s_bmp = new([.. s_strict, .. OneFile, "-c:v", "bmp"]);
    private static readonly ImageFormat s_gif = new([.. s_strict, "-f", "gif"]); // one file may hold many frames
    private static readonly ImageFormat s_webp = new([.. s_strict, .. OneFile, "-c:v", "webp"]);
    private static readonly ImageFormat s_tiff = new([.. OneFile, "-c:v", "tiff"]); // explode refuses tags that all write
    private static readonly ImageFormat s_pbm = new([.. s_strict, .. OneFile, "-c:v", "pbm"]);
    private static readonly ImageFormat s_pgm = new([.. s_strict, .. OneFile, "-c:v", "pgm"]);
    private static readonly ImageFormat s_ppm = new([.. s_strict, .. OneFile, "-c:v", "ppm"]);

    /// <summary>The format of a file that begins so; null when it is none of <see cref="Known"/>.</summary>
    public static ImageFormat? Of(ReadOnlySpan<byte> start) => start switch
    {
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => s_png,
        [0xff, 0xd8, 0xff, ..] => s_jpeg,
        [(byte)'B', (byte)'M', ..] => s_bmp,
        [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] => s_gif,
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => s_webp,
        [(byte)'I', (byte)'I', 42, 0, ..] or [(byte)'M', (byte)'M', 0, 42, ..] => s_tiff,
        [(byte)'P', (byte)'1' or (byte)'4', ..] => s_pbm,
        [(byte)'P', (byte)'2' or (byte)'5', ..] => s_pgm,
        [(byte)'P', (byte)'3' or (byte)'6', ..] => s_ppm,
        _ => null,
    };
}
