using System.Globalization;
using Jtfa.Core;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Windows;
using Jtfa.Interfaces;

namespace Jtfa.Experiments.Runs;

/// <summary>
/// What redundancy saves where links fade by time, and what it costs: the cameras' tokens of the photographs, again and again, 20 times a
/// second of virtual time, sent alone, twice, or with those before them, over links that fade at the same moments each time.
/// </summary>
internal sealed class LossRuns(ExperimentSettings settings) : IExperimentSet
{
    private const double Rate = 20;
    private const int K = 3;
    private const int N = 4;

    private static readonly double[] s_timeouts = [120, 250];
    private static readonly TimeSpan s_estimate = TimeSpan.FromSeconds(6);

    private static readonly TokenRedundancy[] s_redundancies =
    [
        new(),
        .. new double[] { 25, 50, 100 }.Select(delay => new TokenRedundancy { Kind = RedundancyKind.Duplicate, Delay = delay }),
        .. new[] { 1, 2, 4 }.Select(tokens => new TokenRedundancy { Kind = RedundancyKind.Red, Tokens = tokens }),
    ];

    private readonly FusionHead _head = FusionHead.Load(Path.Combine(settings.Program.Models, "head.npz"));
    private IReadOnlyList<SceneMoment>? _moments;

    public IReadOnlyList<(string Cell, TimeSpan Estimate)> Cells =>
        [.. settings.Profiles.Values.Where(profile => profile.Fades).Select(profile => (profile.Name, s_estimate))];

    public async Task<IReadOnlyList<RunResult>> RunAsync(PlannedRun run, CancellationToken cancellationToken)
    {
        _moments ??= await settings.Moments(cancellationToken);
        var results = new List<RunResult>();
        foreach (var redundancy in s_redundancies)
        {
            cancellationToken.ThrowIfCancellationRequested();
            results.AddRange(await Task.Run(() => Results(run, redundancy), cancellationToken));
        }

        return results;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private List<RunResult> Results(PlannedRun run, TokenRedundancy redundancy)
    {
        var moments = settings.Scale.LossMoments;
        var trace = RedundantTrace.Send(_moments!, moments, Rate, redundancy, settings.Profiles[run.Cell], run.Seed);
        var results = new List<RunResult>();
        foreach (var timeout in s_timeouts)
        {
            var windows = WindowReplay.KOfN(trace.Arrivals, new ReplayPolicy(K, N, timeout / 1000, 1 / Rate), _head);
            var values = DecisionFigures.Compute(
                [.. windows.Decisions.Select(decision => decision.Measured)], moments / Rate, moments, K, N);
            values.Remove(ValueNames.Bytes); // of the first sending alone
            values[ValueNames.KViewsShare] = (double)windows.Decisions.Count(decision => decision.Views.Length >= K) / moments;
            values[ValueNames.Packets] = (double)trace.Packets / trace.Tokens;
            values[ValueNames.WireBytes] = (double)trace.WireBytes / trace.Tokens;
            if (trace.FirstLost > 0) values[ValueNames.SavedShare] = (double)trace.Saved / trace.FirstLost;
            results.Add(new RunResult(
                ExperimentNames.Loss,
                new Dictionary<string, string>
                {
                    [FactorNames.Profile] = run.Cell,
                    [FactorNames.T] = timeout.ToString(CultureInfo.InvariantCulture),
                    [FactorNames.Redundancy] = RedundancyNames.Of(redundancy),
                },
                run.Repeat, run.Seed, values));
        }

        return results;
    }
}
