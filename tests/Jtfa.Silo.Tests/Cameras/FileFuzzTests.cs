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
public sealed class FileFuzzTests(ITestOutputHelper output) : IDisposable
{
    private const string MutantsVariable = "JTFA_TEST_MUTANTS";
    private const string Mark = "model ";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly Lazy<byte[][]> s_models = new(() =>
    [
        new OnnxModel().Bytes(), File.ReadAllBytes(Fixtures.PathOf("flatten.onnx")), File.ReadAllBytes(Fixtures.PathOf("linear.onnx")),
        File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "models", "backbone.onnx")),
    ]);

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

    /// <summary>
    /// Models are loaded one after another in a second process. One that ends the process, or holds it up, is given to a silo's way of
    /// loading, which refuses it; then the second process goes on with the next.
    /// </summary>
    [Fact]
    public async Task Onnx_models()
    {
        var mutants = LongForm.IsAsked ? 100_000 : 2_000;
        var (next, fatal) = (0, 0);
        while ((next = await LoadInChildAsync(next, mutants)) < mutants)
        {
            AssertRefused(next++);
            fatal++;
        }

        output.WriteLine($"{mutants:N0} models, {fatal} of them end or hold up the process that loads them");
    }

    /// <summary>An assertion within ONNX Runtime 1.31.1 ends the process that loads this model.</summary>
    [Fact]
    public void A_model_that_ends_its_process() => AssertRefused(16_915);

    /// <summary>The second process' part: says which model is the next.</summary>
    [Fact(Explicit = true)]
    public async Task Child_loads_onnx_models()
    {
        var range = Environment.GetEnvironmentVariable(MutantsVariable)!.Split('-');
        var (first, mutants) = (int.Parse(range[0], CultureInfo.InvariantCulture), int.Parse(range[1], CultureInfo.InvariantCulture));
        await using var said = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        var loaded = 0;
        for (var number = first; number < mutants; number++)
        {
            await said.WriteLineAsync(Mark + number);
            var (path, input, vector) = Mutant(number);
            if (!IsRefused(number, () => Backbone.LoadUntried(path, input, vector).Dispose())) loaded++;
        }

        Assert.True(mutants - first < 1_000 || (loaded > 0 && loaded < mutants - first), $"{loaded} loaded");
        await said.WriteLineAsync(Mark + mutants);
    }

    // The number of the model that it ended with: of all, when none ended it.
    private async Task<int> LoadInChildAsync(int first, int mutants)
    {
        using var child = ChildProcess.Start<FileFuzzTests>(
            nameof(Child_loads_onnx_models),
            new() { [MutantsVariable] = $"{first}-{mutants}" },
            OperatingSystem.IsLinux() ? ["prlimit", "--data=4000000000", "--core=0"] : []); // sizes that a model claims are allocated
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
            await child.WaitForExitAsync(_cancellation);
        }

        var ended = int.Parse(last[Mark.Length..], CultureInfo.InvariantCulture);
        Assert.True(child.ExitCode is not 1, $"an assertion failed for model {ended}");
        return ended;
    }

    private void AssertRefused(int number)
    {
        var (path, input, vector) = Mutant(number);
        Assert.True(IsRefused(number, () => Backbone.Load(path, input, vector).Dispose()), $"model {number} was loaded");
    }

    private (string Path, ModelInput Input, string Vector) Mutant(int number)
    {
        var model = number % 2 == 0 ? Mutation.Of(s_models.Value, number) : HostileModel.Of(number).Bytes();
        var input = new ModelInput { Name = "image", Width = 4, Height = 3, Channels = 1, Mean = [0], Std = [1] };
        var (given, vector) = model.Length > 10_000
            ? (input with { Name = "frame", Width = 28, Height = 28 }, "penultimate")
            : (input with { Height = 3 + (number / 2 % 2) }, number / 2 % 3 == 0 ? "features" : "vector");
        return (_folder.Write("backbone.onnx", model), given, vector);
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
