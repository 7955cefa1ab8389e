using System.Globalization;
using System.Runtime.InteropServices;
using Jtfa.Core;
using Jtfa.Experiments.Windows;
using Jtfa.System.Tests.Stage;

namespace Jtfa.System.Tests;

/// <summary>A replay of windows beside the silo that took the same tokens.</summary>
[Collection(nameof(AloneCollection))]
public sealed class WindowReplayTests : IDisposable
{
    private const int Rate = 20;
    private static readonly string[] s_cameras = ["door", "window", "shelf", "ceiling"];

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task Decisions_replayed_on_a_trace_are_those_that_the_silo_made()
    {
        await using var silo = await RunningSilo.StartAsync(
            _workspace, "--k", "3", "--n", "4", "--timeout", "35", "--window", Number(1000.0 / Rate), "--csv", _workspace["decisions.csv"]);
        await RecordAsync(silo.Port);
        await silo.StopAsync();

        var made = (await LoggedDecision.AllAsync(_workspace)).ToDictionary(decision => decision.Decision);
        var arrivals = Arrivals.OfTrace(_workspace["a.pcap"]);
        var replayed =
            WindowReplay.KOfN(arrivals, new ReplayPolicy(3, 4, 0.035, 1.0 / Rate), FusionHead.Load(_workspace["head.npz"])).Decisions;

        Assert.Equal(0, arrivals.Foreign);
        Assert.True(replayed.Count > 4 * Rate, $"Only {replayed.Count} decisions of {arrivals.All.Count} tokens.");
        Assert.Contains(replayed, decision => decision.Cause == FireCause.K);
        Assert.Contains(replayed, decision => decision.Cause == FireCause.T);
        Assert.Equal(made.Keys.Order(), replayed.Select(decision => decision.Id).Order());
        var others = replayed.Where(
            decision => made[decision.Id] is var other
                && !(other.Views.SequenceEqual(decision.Views) && other.Pred == decision.Pred)).ToList();
        Assert.True(others.Count <= 0.5 * replayed.Count, $"{others.Count} of {replayed.Count} differ.");
        Assert.All(others, decision => CameMeanwhile(arrivals, decision, made[decision.Id]));
        var off = replayed.Select(decision => Math.Abs(made[decision.Id].Timestamp - decision.FiredAt) * 1000).Order().ToList();
        Assert.True(off[off.Count / 2] < 20, $"Fire times are {off[off.Count / 2]} ms apart in the median.");
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{others.Count} of {replayed.Count} differ; {off[off.Count / 2]:F3} ms apart in the median");

        var logged = DecisionCsvFile.Read(_workspace["decisions.csv"]);
        Assert.Equal(
            made.Values.Select(decision => (decision.Timestamp, decision.M, decision.LatMean))
                .Order(), logged.Select(decision => (decision.FiredAt, decision.M, decision.LatMean)).Order());
    }

    // The silo takes a moment to fire, and fuses what comes within it; the recorder takes one to pass a token on, after which T may be
    // over. How long these are is the machine's doing: what must be so is that nothing else makes a difference.
    private static void CameMeanwhile(Arrivals arrivals, ReplayedDecision replayed, LoggedDecision made)
    {
        const double passing = 0.05;
        foreach (var view in made.Views.Except(replayed.Views).Union(replayed.Views.Except(made.Views)))
        {
            Assert.Contains(arrivals.All, arrival => arrival.View == view
                && arrival.ReceivedAt >= replayed.FiredAt - passing && arrival.ReceivedAt <= made.Timestamp);
        }
    }

    // Cameras, a relay, and a recorder that passes on to the silo.
    private async Task RecordAsync(int siloPort)
    {
        await using var recorder = ProgramRun.Jtfa(_workspace, "record", "a.pcap", "--listen", "0", "--to", $"127.0.0.1:{siloPort}");
        var to = (await recorder.Errors.MatchAsync(@"Recording what comes to UDP (127\.0\.0\.1:\d+)")).Groups[1].Value;
        await using var relay = ProgramRun.Jtfa(
            _workspace, ["relay", "--profile", "wifi-busy", "--seed", "7", .. s_cameras.SelectMany(_ => new[] { "--link", $"0={to}" })]);
        var links = new List<string>();
        for (var i = 0; i < s_cameras.Length; i++)
            links.Add((await relay.Errors.MatchAsync($@"Link {i}: UDP (127\.0\.0\.1:\d+) ")).Groups[1].Value);

        var ends = await Task.WhenAll(s_cameras.Zip(links).Select(pair => ProgramRun.JtfaToEndAsync(
            _workspace, "camera", "--source", "idx", "--path", Model("sample", "images-idx3-ubyte.gz"), "--labels",
            Model("sample", "labels-idx1-ubyte.gz"),
            "--views", Model("views.json"), "--camera", pair.First, "--rate", Number(Rate), "--seconds", "8", "--to", pair.Second)));
        Assert.All(ends, end => Assert.True(end is { ExitCode: 0, Errors: [_] }, end.ToString()));
        relay.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await relay.ExitAsync());
        recorder.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await recorder.ExitAsync());
    }

    private static string Model(params string[] names) => Path.Combine([AppContext.BaseDirectory, "models", .. names]);

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
}
