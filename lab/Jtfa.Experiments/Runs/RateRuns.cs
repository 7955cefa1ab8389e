using Jtfa.Core;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;
using Jtfa.Experiments.Windows;

namespace Jtfa.Experiments.Runs;

/// <summary>
/// Sending when a token has moved, against sending every one and every second one: cameras look at photographs that move, each for some
/// seconds, 20 times a second of virtual time. Each repeat has a scene of its own.
/// </summary>
internal sealed class RateRuns(ExperimentSettings settings) : IExperimentSet
{
    private const double Rate = 20;
    private const double MaxAge = 0.5;
    private const string ProfileName = "wifi-good";

    private static readonly double[] s_deltas = [0.1, 0.2, 0.3, 0.4, 0.6];
    private static readonly ReplayPolicy s_policy = new(3, 4, 0.02, 1 / Rate);
    private static readonly TimeSpan s_estimate = TimeSpan.FromSeconds(30);

    private readonly FusionHead _head = FusionHead.Load(Path.Combine(settings.Program.Models, "head.npz"));

    public IReadOnlyList<(string Cell, TimeSpan Estimate)> Cells => [(ProfileName, s_estimate)];

    public async Task<IReadOnlyList<RunResult>> RunAsync(PlannedRun run, CancellationToken cancellationToken)
    {
        var scene = await settings.MovingMoments(settings.Scale.MovingMoments, (int)run.Seed, cancellationToken);
        var results = new List<RunResult>();
        Add(PacingNames.Every, 1, null);
        Add(PacingNames.Second, 2, null);
        foreach (var delta in s_deltas) Add(PacingNames.Moved(delta), 1, delta);
        return results;

        void Add(string pacing, int every, double? delta)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var replay = PacedReplay.Run(scene, Rate, every, delta, MaxAge, s_policy, settings.Profiles[ProfileName], run.Seed, _head);
            double[] latencies = [.. replay.Latencies.Select(seconds => seconds * 1000).Order()];
            results.Add(new RunResult(
                ExperimentNames.Rate,
                new Dictionary<string, string> { [FactorNames.Profile] = run.Cell, [FactorNames.Pacing] = pacing },
                run.Repeat, run.Seed,
                new Dictionary<string, double>
                {
                    [ValueNames.Packets] = (double)replay.Packets / (scene.Count * scene[0].Tokens.Count),
                    [ValueNames.Accuracy] = replay.Correct.Count(correct => correct) / (double)scene.Count,
                    [ValueNames.TokenAge] = replay.MeanAge * 1000,
                    [ValueNames.Decisions] = replay.Decisions,
                    [ValueNames.LatencyP50] = Quantiles.OfSorted(latencies, 0.5),
                    [ValueNames.LatencyP99] = Quantiles.OfSorted(latencies, 0.99),
                }));
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
