using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using Jtfa.Core;
using Jtfa.Silo.Cameras;
using Jtfa.Silo.Cameras.Sources;

namespace Jtfa.Silo.Tests.Cameras;

/// <summary>Files that cameras read, as tests make them.</summary>
internal static class Fixtures
{
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Cameras", "fixtures", name);

    /// <summary>An IDX file of bytes: 00 00 08, rank, sizes, values.</summary>
    public static byte[] Idx(int[] shape, byte[] values)
    {
        var file = new byte[4 + (4 * shape.Length) + values.Length];
        file[2] = 8;
        file[3] = (byte)shape.Length;
        for (var i = 0; i < shape.Length; i++) BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(4 + (4 * i)), shape[i]);
        values.CopyTo(file, 4 + (4 * shape.Length));
        return file;
    }

    public static byte[] Gzip(byte[] content)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest)) gzip.Write(content);
        return compressed.ToArray();
    }

    /// <summary>Numbers 0, 1, 2, … as bytes.</summary>
    public static byte[] Counting(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)i)];

    /// <summary>A frame of random bytes.</summary>
    public static Frame RandomFrame(int width, int height, int channels, int seed)
    {
        var frame = new Frame(new FrameShape(width, height, channels));
        new Random(seed).NextBytes(frame.Pixels);
        return frame;
    }

    public static string Npy(TemporaryFolder folder, string name, float[] values, params int[] shape)
    {
        using var stream = new MemoryStream();
        Core.Npy.Write(stream, values, shape);
        return folder.Write(name, stream.ToArray());
    }

    /// <summary>A model of linear.onnx (4×4 grey in; mean, top-left pixel, right minus left out) with or without projection.</summary>
    public static void WriteLinearModel(TemporaryFolder folder, (float[] Mean, float[] Components)? pca = null)
    {
        File.Copy(PathOf("linear.onnx"), folder["backbone.onnx"], overwrite: true);
        folder.Write("model.json", ModelJson(pca is null ? "" : "\"pca\": \"pca.npz\","));
        if (pca is not var (mean, components)) return;
        Npz.Write(folder["pca.npz"], new Dictionary<string, NpyArray>
        {
            ["mean"] = NpyArray.FromSingles(mean, mean.Length),
            ["components"] = NpyArray.FromSingles(components, components.Length / mean.Length, mean.Length),
        });
    }

    public static string ModelJson(
        string extra = "", string input = "image", string output = "features", int width = 4, string layout = "NCHW") =>
        string.Create(CultureInfo.InvariantCulture, $$"""
        {
          "name": "linear", "backbone": "backbone.onnx", {{extra}}
          "input": { "name": "{{input}}", "width": {{width}}, "height": 4, "channels": 1, "layout": "{{layout}}",
                     "scale": 1, "mean": [0], "std": [1] },
          "output": "{{output}}", "head": "head.npz", "classes": ["a", "b"]
        }
        """);

    /// <summary>Runs ffmpeg to make a file; skips the test where ffmpeg is not installed.</summary>
    public static async Task FfmpegAsync(string arguments, CancellationToken cancellationToken)
    {
        SkipWithoutFfmpeg();
        using var process = Process.Start(new ProcessStartInfo("ffmpeg", $"-y -loglevel error -nostdin {arguments}"))!;
        await process.WaitForExitAsync(cancellationToken);
        Assert.Equal(0, process.ExitCode);
    }

    public static void SkipWithoutFfmpeg()
    {
        var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, "ffmpeg")));
        if (!found) Assert.Skip("ffmpeg is not installed (apt-get install ffmpeg)");
    }

    /// <summary>Asserts that a fault is one line that names what is asked for.</summary>
    public static async Task<string> FaultAsync(Func<Task> act, params string[] names)
    {
        var message = (await Assert.ThrowsAsync<CameraFaultException>(act)).Message;
        Assert.DoesNotContain('\n', message);
        Assert.All(names, name => Assert.Contains(name, message, StringComparison.Ordinal));
        return message;
    }
}
