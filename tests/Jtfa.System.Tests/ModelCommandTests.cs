using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Jtfa.Core;
using Jtfa.System.Tests.Stage;
using Jtfa.Testing.Cameras;

namespace Jtfa.System.Tests;

/// <summary><c>jtfa model</c>: from two films and an ONNX file to the first right decision, without Python.</summary>
public sealed class ModelCommandTests : IDisposable
{
    private const double Bar = 180; // seconds, of at most five commands

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 240_000)]
    public async Task Two_films_and_a_backbone_come_to_a_first_right_decision_in_five_commands()
    {
        // Two cameras film red, then blue; what each sees of it looks different.
        await FilmAsync("left.mp4", "0xB02020", "0x2030A0");
        await FilmAsync("right.mp4", "0x702838", "0x303870");
        WriteBackbone();
        var (clock, commands) = (Stopwatch.StartNew(), 0);

        await CommandAsync("model collect --backbone pool.onnx --path left.mp4 right.mp4 --class red --seconds 2.5");
        await CommandAsync("model collect --path left.mp4 right.mp4 --class blue --from 3");
        var fit = await CommandAsync("model fit --out my-model");
        Assert.Matches(@"^all +\d+ +\d+ +100\.0 % +100\.0 % +100\.0 %$", fit.Output[^3]);

        commands++;
        var port = FreePorts.Next(); // beside other silos of this machine: else --config is all that it needs
        await using var silo = ProgramRun.Jtfa(
            _workspace,
            ["silo", "--config", "my-model/silo.json", "--port", $"{port}", .. RunningSilo.Ports(), .. new[] { 0, 1 }.SelectMany(
                camera => new[] { "--set", $"Jtfa:Cameras:{camera}:Destination=127.0.0.1:{port}" })]);
        await silo.Errors.MatchAsync("Tokens are taken on UDP");
        await Condition.HoldsAsync(() => File.Exists(_workspace.Database), there => there, "the log is there");
        await DecisionRows.ReachAsync(_workspace, 1);
        var first = (await CommandAsync("decisions --db jtfa.db --last 1 --format json")).Output;
        var seconds = clock.Elapsed.TotalSeconds;

        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"{commands} commands, {seconds:F1} s to the first right decision"));
        Assert.Equal("red", ClassOf(first.Single()));
        Assert.InRange(commands, 1, 5);
        Assert.InRange(seconds, 0, Bar);

        // The films go on to blue; both views decide.
        await DecisionRows.ReachAsync(_workspace, 40, "m = 2");
        silo.Signal(PosixSignal.SIGINT);
        Assert.Equal(0, await silo.ExitAsync());
        var all = (await CommandAsync("decisions --db jtfa.db --last 1000 --format json")).Output.Select(ClassOf).ToList();
        Assert.True(all.Zip(all.Skip(1)).Count(pair => pair.First != pair.Second) <= 1, string.Join(' ', all)); // red, then blue
        Assert.Equal(("red", "blue"), (all[0], all[^1]));

        async Task<ProgramEnd> CommandAsync(string arguments)
        {
            commands++;
            var end = await ProgramRun.JtfaToEndAsync(_workspace, arguments.Split(' '));
            Assert.True(end is { ExitCode: 0, Errors: [] }, end.ToString());
            return end;
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_run_that_is_stopped_keeps_what_it_has_and_pictures_are_tried()
    {
        foreach (var (name, colour) in new[] { ("red", "0xB02020"), ("blue", "0x2030A0") })
        {
            await FfmpegAsync(
                "-f", "lavfi", "-i", $"color=c={colour}:size=64x48:rate=10:duration=2,noise=alls=30:allf=t", $"{name}-%02d.png");
            Directory.CreateDirectory(_workspace[name]);
            foreach (var picture in Directory.GetFiles(_workspace.Path, $"{name}-*.png"))
                File.Move(picture, Path.Combine(_workspace[name], Path.GetFileName(picture)));
        }

        await FilmAsync("film.mp4", "0xB02020", "0xB02020");
        WriteBackbone();
        await using (var collect = ProgramRun.Jtfa(
            _workspace, "model", "collect", "--backbone", "pool.onnx", "--path", "film.mp4", "--class", "red", "--rate", "20"))
        {
            await collect.Output.MatchAsync("Ctrl-C ends it");
            collect.Signal(PosixSignal.SIGINT);
            Assert.Equal(0, await collect.ExitAsync());
        }

        var kept = Npz.Read(_workspace["collection/captures/red/001.npz"]);
        Assert.InRange(kept["view0"].Shape[0], 1, 119);
        foreach (var name in new[] { "red", "blue" })
        {
            var images = await ProgramRun.JtfaToEndAsync(
                _workspace, "model", "collect", "--source", "images", "--path", name, "--class", name);
            Assert.Contains("view 0 20 vectors", images.Output[^1], StringComparison.Ordinal);
        }

        Assert.Equal(["001.npz", "002.npz"], Directory.GetFiles(_workspace["collection/captures/red"]).Select(Path.GetFileName).Order());
        Assert.Equal(0, (await ProgramRun.JtfaToEndAsync(_workspace, "model", "fit", "--out", "m", "--projection", "lda")).ExitCode);
        var tried = await ProgramRun.JtfaToEndAsync(
            _workspace, "model", "try", "red/red-03.png", "blue/blue-07.png", "film.mp4", "--model", "m");
        Assert.Collection(
            tried.Output,
            line => Assert.Matches(@"^red/red-03\.png: red \(class 1\), \d+\.\d % sure$", line),
            line => Assert.Matches(@"^blue/blue-07\.png: blue \(class 0\), \d+\.\d % sure$", line),
            line => Assert.Matches(@"^film\.mp4: red ", line));
    }

    private async Task FfmpegAsync(params string[] arguments)
    {
        JpegPictures.SkipWithoutFfmpeg();
        var end = await ProgramRun.ToEndAsync(
            new ProcessStartInfo("ffmpeg", ["-y", "-loglevel", "error", "-nostdin", .. arguments]) { WorkingDirectory = _workspace.Path });
        Assert.True(end.ExitCode == 0, end.ToString());
    }

    // Three seconds of each colour, through noise.
    private Task FilmAsync(string name, string first, string second)
    {
        static string Part(string colour) => $"color=c={colour}:size=64x48:rate=30:duration=3,noise=alls=30:allf=t";
        return FfmpegAsync(
            "-f", "lavfi", "-i", Part(first), "-f", "lavfi", "-i", Part(second), "-filter_complex", "[0][1]concat=n=2",
            "-pix_fmt", "yuv420p", name);
    }

    // Colours of the four quarters of 32 × 32 pixels: 12 numbers.
    private void WriteBackbone() => _workspace.Write("pool.onnx", new OnnxModel
    {
        InputSizes = [1, 3, 32, 32],
        Operator = "AveragePool",
        Attributes = [("kernel_shape", new long[] { 16, 16 }), ("strides", new long[] { 16, 16 })],
    }.Bytes());

    private string ClassOf(string decision)
    {
        using var model = JsonDocument.Parse(File.ReadAllText(_workspace["my-model/model.json"]));
        using var row = JsonDocument.Parse(decision);
        return model.RootElement.GetProperty("classes")[row.RootElement.GetProperty("pred").GetInt32()].GetString()!;
    }
}
