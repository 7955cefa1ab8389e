using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Jtfa.System.Tests.Stage;

namespace Jtfa.System.Tests;

/// <summary>Cameras that are not in step with the rate at which they are asked, and slower ones, at K = N = 2 and by timestamp.</summary>
[Collection(nameof(AloneCollection))]
public sealed class SlowFilmTests : IDisposable
{
    private const double RateHz = 10;
    private const double Seconds = 9;

    private readonly Workspace _workspace = new();
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 180_000)]
    public async Task Two_films_that_are_in_step_with_nothing_are_decided_together()
    {
        // Each pair's speeds differ by so little that the films pass through all phases to each other and to the ticks.
        (string Scene, double[] Speeds)[] pairs = [("fps15", [15, 14.6]), ("fps30", [30, 29.4]), ("fps6", [6, 5.7])];
        var allowed = new Dictionary<string, double> { ["fps15"] = 0.02, ["fps30"] = 0.02, ["fps6"] = 0.05 };
        foreach (var speed in pairs.SelectMany(pair => pair.Speeds)) await MakeFilmAsync(speed);
        await using var silo = await StartSiloAsync(pairs);
        await Condition.HoldsAsync(
            () => pairs.Min(pair => DecisionRows.Count(_workspace, $"scene = '{pair.Scene}'")), least => least >= 7 * RateHz, "decisions");
        await silo.StopAsync();

        var decisions = (await LoggedDecision.AllAsync(_workspace)).GroupBy(decision => decision.Scene).ToList();
        Assert.Equal(pairs.Length, decisions.Count);
        foreach (var ofScene in decisions)
        {
            // From when both films run until the first one ends.
            var both = ofScene.Where(decision => decision.M == 2).Select(decision => decision.Decision).ToList();
            var within = ofScene.Where(decision => decision.Decision >= both.Min() && decision.Decision <= both.Max()).ToList();
            var alone = within.Count(decision => decision.M == 1);
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{ofScene.Key}: {alone} of {within.Count} decisions have one view, mean latency " +
                $"{within.Average(decision => decision.LatMean) * 1000:F0} ms");
            Assert.True(within.Count >= 6 * RateHz, $"{ofScene.Key}: {within.Count} decisions");
            Assert.True(alone <= allowed[ofScene.Key] * within.Count, $"{ofScene.Key}: {alone} of {within.Count} decisions have one view");
        }

        Assert.DoesNotContain(silo.Program.Errors.Lines, line => line.Contains("neighbouring windows", StringComparison.Ordinal));
    }

    private string Film(double speed) => _workspace[string.Create(CultureInfo.InvariantCulture, $"{speed}.mkv")];

    private async Task MakeFilmAsync(double speed)
    {
        var make = string.Create(
            CultureInfo.InvariantCulture, $"-v error -f lavfi -i testsrc=size=64x64:rate={speed}:duration={Seconds} {Film(speed)}");
        using var ffmpeg = Process.Start("ffmpeg", make);
        await ffmpeg.WaitForExitAsync(_cancellation);
        Assert.Equal(0, ffmpeg.ExitCode);
    }

    private async Task<RunningSilo> StartSiloAsync((string Scene, double[] Speeds)[] pairs)
    {
        var (port, model) = (FreePorts.Next(), _workspace.WriteModelOfHead());
        var scenes = pairs.Select(pair => new { Name = pair.Scene, K = 2, N = 2, Head = _workspace.WriteHead() });
        var cameras = pairs.SelectMany(pair => pair.Speeds.Select((speed, view) => new
        {
            pair.Scene,
            Camera = $"camera{view}",
            View = view,
            RateHz,
            Destination = $"127.0.0.1:{port}",
            Model = model,
            Source = new { Kind = "Ffmpeg", Path = Film(speed) },
        }));
        var configuration = _workspace.Write(
            "films.json", JsonSerializer.Serialize(new { Jtfa = new { Scenes = scenes, Cameras = cameras } }));
        return await RunningSilo.StartAsync(_workspace, "--port", $"{port}", "--config", configuration);
    }
}
