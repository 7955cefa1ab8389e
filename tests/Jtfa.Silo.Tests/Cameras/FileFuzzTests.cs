using System.Diagnostics;
using System.Globalization;
using System.Text;
using Jtfa.Silo.Cameras;
using Jtfa.Silo.Cameras.Sources;
using Jtfa.Silo.Cameras.Vision;
using Jtfa.Silo.Tests.Decisions;
using Jtfa.Testing.Cameras;
using Jtfa.Testing.Fuzzing;

namespace Jtfa.Silo.Tests.Cameras;

/// <summary>Broken files of every kind are used or refused in one line, and nothing waits for long.</summary>
public sealed class FileFuzzTests : IDisposable
{
    private const string MutantsVariable = "JTFA_TEST_MUTANTS";
    private const string Mark = "model ";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private readonly TemporaryFolder _folder = new();
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Model_descriptions()
    {
        byte[][] wholes =
        [
            Encoding.UTF8.GetBytes(Fixtures.ModelJson("\"pca\": \"pca.npz\",")),
            """{"name": "é\u00e9", "input": {"std": [1, 2e-3, 3], "channelOrder": "BGR"}, "classes": [null]}"""u8.ToArray(),
        ];
        var refused = 0;
        var mutants = LongForm.IsAsked ? 1_000_000 : 10_000;
        for (var number = 0; number < mutants; number++)
        {
            _folder.Write(ModelDescription.FileName, Mutation.Of(wholes, number));
            if (IsRefused(number, () => ModelDescription.Load(_folder.Root))) refused++;
        }

        Assert.InRange(refused, mutants / 2, mutants - 1);
    }

    [Fact]
    public async Task Images()
    {
        string[] names = ["a.png", "b.jpg", "c.gif", "d.bmp", "e.webp", "f.tif", "g.pgm", "h.ppm"];
        foreach (var name in names)
            await Fixtures.FfmpegAsync($"-f lavfi -i testsrc=size=48x32 -frames:v 1 {_folder[name]}", _cancellation);
        byte[][] wholes = [.. names.Select(name => File.ReadAllBytes(_folder[name]))];
        var (used, number) = (0, 0);
        for (var folders = LongForm.IsAsked ? 40 : 1; folders > 0; folders--)
        {
            using var folder = new TemporaryFolder();
            for (var i = 0; i < 50; i++, number++)
                folder.Write($"{number}{Path.GetExtension(names[i % names.Length])}", Mutation.Of(wholes, number));
            var started = Stopwatch.GetTimestamp();
            try
            {
                await using var source = await ImageFolderFrameSource.OpenAsync(
                    folder.Root, new FrameShape(8, 8, 1), new CameraOptions(), TimeProvider.System, _cancellation);
                used += source.Count;
                Assert.DoesNotContain('\n', source.LeftOut);
            }
            catch (CameraFaultException fault)
            {
                Assert.DoesNotContain('\n', fault.Message);
            }

            Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, s_patience);
        }

        Assert.InRange(used, 1, number - 1);
    }

    /// <summary>ONNX Runtime parses natively: what breaks it breaks its process, and that may not be this one.</summary>
    [Fact]
    public async Task Onnx_models()
    {
        var mutants = LongForm.IsAsked ? 100_000 : 2_000;
        using var child = ChildProcess.Start<FileFuzzTests>(
            nameof(Child_loads_onnx_models),
            new() { [MutantsVariable] = $"{mutants}" },
            OperatingSystem.IsLinux() ? ["prlimit", "--data=4000000000"] : []); // sizes that a model claims are allocated
        var last = "";
        try
        {
            while (await child.StandardOutput.ReadLineAsync(_cancellation).AsTask().WaitAsync(s_patience, _cancellation) is { } line)
                if (line.StartsWith(Mark, StringComparison.Ordinal)) last = line;
            await child.WaitForExitAsync(_cancellation).WaitAsync(s_patience, _cancellation);
        }
        catch (TimeoutException)
        {
            child.Kill();
        }

        Assert.Equal((0, Mark + mutants), (child.ExitCode, last));
    }

    /// <summary>The second process' part: says which model is the next.</summary>
    [Fact(Explicit = true)]
    public async Task Child_loads_onnx_models()
    {
        var mutants = int.Parse(Environment.GetEnvironmentVariable(MutantsVariable)!, CultureInfo.InvariantCulture);
        await using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        var input = new ModelInput { Name = "image", Width = 4, Height = 3, Channels = 1, Mean = [0], Std = [1] };
        byte[][] wholes =
        [
            new OnnxModel().Bytes(), File.ReadAllBytes(Fixtures.PathOf("flatten.onnx")), File.ReadAllBytes(Fixtures.PathOf("linear.onnx")),
            File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "models", "backbone.onnx")),
        ];
        var loaded = 0;
        for (var number = 0; number < mutants; number++)
        {
            await output.WriteLineAsync(Mark + number);
            var model = number % 2 == 0 ? Mutation.Of(wholes, number) : HostileModel.Of(number).Bytes();
            var (given, vector) = model.Length > 10_000
                ? (input with { Name = "frame", Width = 28, Height = 28 }, "penultimate")
                : (input with { Height = 3 + (number / 2 % 2) }, number / 2 % 3 == 0 ? "features" : "vector");
            var path = _folder.Write("backbone.onnx", model);
            if (!IsRefused(number, () => Backbone.Load(path, given, vector).Dispose())) loaded++;
        }

        Assert.InRange(loaded, 1, mutants - 1);
        await output.WriteLineAsync(Mark + mutants);
    }

    private static bool IsRefused(int number, Action load)
    {
        try
        {
            load();
            return false;
        }
        catch (CameraFaultException fault)
        {
            if (fault.Message.Contains('\n', StringComparison.Ordinal)) Assert.Fail($"{number}: {fault.Message}");
            return true;
        }
        catch (Exception fault)
        {
            Assert.Fail($"{number}: {fault}");
            throw;
        }
    }
}
