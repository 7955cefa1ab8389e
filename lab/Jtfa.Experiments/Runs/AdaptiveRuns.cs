using Jtfa.Core;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Windows;
using Jtfa.Interfaces;
using Jtfa.Testbed.Links;

namespace Jtfa.Experiments.Runs;

/// <summary>
/// A T that adapts against fixed ones, and a K that does besides, on the very same arrivals: the cameras' tokens of the photographs, again
/// and again, each with the fate that a link of the profile gives it. Cameras capture 20 times a second of virtual time, so that minutes
/// of a scene take a moment; what a silo and a relay add to delays is not in it.
/// </summary>
internal sealed class AdaptiveRuns(ExperimentSettings settings) : IExperimentSet
{
    private const double Rate = 20;

    // A time as clocks show, so that numbers are as exact as they are there.
    private const double Began = 1_800_000_000;

    private static readonly double[] s_timeouts = [20, 40, 120, 250];
    private static readonly ScenePolicy s_adaptive = new() { K = 3, N = 4, Timeout = WindowTimeout.Adaptive };
    private static readonly ScenePolicy s_adaptiveK = s_adaptive with { KMin = 2 };
    private static readonly TimeSpan s_estimate = TimeSpan.FromSeconds(3);

    private readonly FusionHead _head = FusionHead.Load(Path.Combine(settings.Program.Models, "head.npz"));
    private IReadOnlyList<SceneMoment>? _moments;

    public IReadOnlyList<(string Cell, TimeSpan Estimate)> Cells => [.. settings.Profiles.Keys.Select(profile => (profile, s_estimate))];

    public async Task<IReadOnlyList<RunResult>> RunAsync(PlannedRun run, CancellationToken cancellationToken)
    {
        _moments ??= await settings.Moments(cancellationToken);
        var arrivals = await Task.Run(() => Trace(settings.Profiles[run.Cell], run.Seed), cancellationToken);
        var policy = new ReplayPolicy(s_adaptive.K, s_adaptive.N, s_adaptive.T.TotalSeconds, 1 / Rate);
        var results = new List<RunResult>
        {
            Result(run, StrategyNames.Adaptive, WindowReplay.Adaptive(arrivals, policy, s_adaptive.ToAdaptation(), _head)),
            Result(run, StrategyNames.AdaptiveK, WindowReplay.Adaptive(arrivals, policy, s_adaptiveK.ToAdaptation(), _head)),
        };
        foreach (var timeout in s_timeouts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            results.Add(Result(
                run, StrategyNames.Fixed(timeout), WindowReplay.KOfN(arrivals, policy with { T = timeout / 1000 }, _head)));
        }

        return results;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Arrivals Trace(Profile profile, ulong seed)
    {
        LinkImpairment[] links =
            [.. Enumerable.Range(0, s_adaptive.N).Select(view => new LinkImpairment(profile.ForLink(view), seed, view))];
        var arrivals = new List<Arrival>(links.Length * settings.Scale.AdaptiveMoments);
        for (var moment = 0; moment < settings.Scale.AdaptiveMoments; moment++)
        {
            var (of, sentAt) = (_moments![moment % _moments.Count], TimeSpan.FromSeconds(moment / Rate));
            for (var view = 0; view < links.Length; view++)
            {
                var fate = links[view].Next(sentAt, of.Bytes);
                if (fate.Kind == FateKind.Sent) Add(fate.Delay);
                if (fate.CopyDelay is { } copy) Add(copy);

                void Add(TimeSpan delay)
                {
                    var capturedAt = Began + sentAt.TotalSeconds;
                    arrivals.Add(new Arrival(
                        "", view, moment, capturedAt, capturedAt + delay.TotalSeconds, of.Label, of.Bytes, of.Tokens[view]));
                }
            }
        }

        return new Arrivals(arrivals);
    }

    private RunResult Result(PlannedRun run, string strategy, ReplayedWindows windows) => new(
        ExperimentNames.Adaptive,
        new Dictionary<string, string> { [FactorNames.Profile] = run.Cell, [FactorNames.Strategy] = strategy },
        run.Repeat,
        run.Seed,
        DecisionFigures.Compute(
            [.. windows.Decisions.Select(decision => decision.Measured)], settings.Scale.AdaptiveMoments / Rate,
            settings.Scale.AdaptiveMoments, s_adaptive.K, s_adaptive.N));
}
