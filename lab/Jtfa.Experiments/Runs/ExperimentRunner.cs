using Jtfa.Experiments.Nodes;
using Jtfa.Experiments.Results;
using Jtfa.Testbed.Hosts;

namespace Jtfa.Experiments.Runs;

/// <summary>How far an experiment has come.</summary>
/// <param name="Done">Runs made, those of an earlier start included.</param>
/// <param name="Runs">All runs.</param>
/// <param name="Left">Time that the others are likely to take.</param>
/// <param name="Current">What is done now.</param>
public sealed record ExperimentProgress(int Done, int Runs, TimeSpan Left, string Current);

/// <summary>Makes the runs of experiments that were not made yet, set after set, each with its repeats interleaved.</summary>
public sealed class ExperimentRunner
{
    private readonly ExperimentSettings _settings;
    private readonly RunStore _store;
    private readonly HostNetwork _network;
    private readonly Action<ExperimentProgress> _progress;
    private readonly List<(IExperimentSet Set, IReadOnlyList<PlannedRun> Runs)> _plan = [];
    private readonly List<RunResult> _results = [];
    private int _done;

    private ExperimentRunner(ExperimentSettings settings, RunStore store, HostNetwork network, Action<ExperimentProgress> progress)
    {
        (_settings, _store, _network, _progress) = (settings, store, network, progress);
        Add("relay", [ExperimentNames.Relay], () => new RelayRuns(settings, network));
        Add("a1", [ExperimentNames.Encodings], () => new EncodingRuns(settings, network));
        Add("policies", [ExperimentNames.Conservative, ExperimentNames.Relaxed, ExperimentNames.Tail, ExperimentNames.Strategies],
            () => new PolicyRuns(settings, network));
        Add("adaptive", [ExperimentNames.Adaptive], () => new AdaptiveRuns(settings));
        Add("loss", [ExperimentNames.Loss], () => new LossRuns(settings));
        Add("rate", [ExperimentNames.Rate], () => new RateRuns(settings));
        Add("wire", [ExperimentNames.Wire], () => new WireRuns(settings));
        Add("a4", [ExperimentNames.Bandwidth], () => new BandwidthRuns(settings, network));
        Add("ring", [ExperimentNames.Ring], () => new RingRuns(settings));
        if (settings.Reference is not null) Add("reference", [ExperimentNames.Reference], () => new ReferenceRuns(settings));
    }

    /// <summary>Makes all runs; what was made before is taken as it is.</summary>
    /// <param name="settings">What is asked for.</param>
    /// <param name="store">What was made before.</param>
    /// <param name="progress">Told before each run, and at the end.</param>
    /// <param name="cancellationToken">Ends it; runs that are whole stay in the store.</param>
    /// <returns>The results of the experiments asked for.</returns>
    /// <exception cref="Testbed.TestbedException">The testbed cannot go on; the message says why.</exception>
    public static async Task<IReadOnlyList<RunResult>> RunAsync(
        ExperimentSettings settings, RunStore store, Action<ExperimentProgress> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(progress);
        await using var network = settings is { Namespaces: true, NeedsHosts: true }
            ? await HostNetwork.CreateAsync(CameraNodes.Names.Count, cancellationToken)
            : HostNetwork.Loopback(CameraNodes.Names.Count);
        var runner = new ExperimentRunner(settings, store, network, progress);
        await runner.RunAsync(cancellationToken);
        return [.. runner._results.Where(result => settings.Experiments.Contains(result.Experiment))];
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        // Logs and spans of processes: what is worth keeping stands in the store.
        var work = Path.Combine(_settings.Folder, "work");
        if (Directory.Exists(work)) Directory.Delete(work, recursive: true);
        foreach (var (set, runs) in _plan)
        {
            await using (set)
            {
                foreach (var run in runs) await RunAsync(set, run, cancellationToken);
            }
        }

        if (Directory.Exists(work)) Directory.Delete(work, recursive: true);
        Tell("");
    }

    private async Task RunAsync(IExperimentSet set, PlannedRun run, CancellationToken cancellationToken)
    {
        Tell(run.Name);
        var results = await _store.FindAsync(run, cancellationToken);
        if (results is null)
        {
            _store.CheckMayAdd();
            results = await set.RunAsync(run, cancellationToken);
            await _store.AddAsync(run, results, cancellationToken);
        }

        _results.AddRange(results);
        _done++;
    }

    private void Tell(string current)
    {
        var runs = _plan.SelectMany(set => set.Runs).ToList();
        var left = runs.Skip(_done).Where(run => !_store.Has(run)).Aggregate(TimeSpan.Zero, (sum, run) => sum + run.Estimate);
        _progress(new ExperimentProgress(_done, runs.Count, left, current));
    }

    private void Add(string name, IReadOnlyList<string> experiments, Func<IExperimentSet> make)
    {
        if (!experiments.Intersect(_settings.Experiments).Any()) return;
        var set = make();
        _plan.Add((set, [.. Enumerable.Range(0, _settings.Repeats).SelectMany(repeat => Repeat(name, set, repeat))]));
    }

    // Cells take turns, in another order each time: what changes on the machine meanwhile hits all of them.
    private IEnumerable<PlannedRun> Repeat(string name, IExperimentSet set, int repeat)
    {
        var seed = _settings.Seed + (ulong)repeat;
        var cells = set.Cells.ToArray();
        new Random((int)seed).Shuffle(cells);
        return cells.Select(cell => new PlannedRun(name, cell.Cell, repeat, seed, cell.Estimate));
    }
}
