namespace Jtfa.Language.Planning;

/// <summary>
/// Chooses which silos have which blocks of a model. For every number of stages it finds the plan whose slowest stage is fastest, and of
/// those the one whose round is shortest, among all orders of all sets of silos and all runs of blocks within their memory; of all numbers
/// of stages it takes the one with most text tokens a second. For one sequence that is alone the shortest round decides.
/// </summary>
/// <remarks>
/// Two dynamic programmes. First, which blocks a set of silos can have computed within a time: sets, and where their last stage may end;
/// the least such time is found by bisection. Then the shortest round within that time: sets, their last silo, and where it ends. Both
/// are exact as long as there are no more than <see cref="MostSets"/> sets of silos of different kinds: eight silos that all differ where
/// any may start, ten where the starter is given (<see cref="MostSetsOfStarter"/>), or dozens of few kinds. Of more, near ones count as
/// equal, each as fast as the slowest of them; then the estimate has a bound of what the best plan could be.
/// </remarks>
public sealed class PlanSolver
{
    /// <summary>Sets of silos that are gone through at most, where any silo may start.</summary>
    public const int MostSets = 256;

    /// <summary>Sets of silos that are gone through at most, where the starter is given.</summary>
    public const int MostSetsOfStarter = 1024;

    // What is expected is not known better than this: a stage that silos share has to be worth its sums.
    private const double WorthwhileGain = 1.05;

    private readonly ModelCost _cost;
    private readonly MeasuredSilos _silos;
    private readonly PlanRequest _request;
    private readonly SiloKinds _kinds;
    private readonly int[] _starters;

    private PlanSolver(ModelCost cost, MeasuredSilos silos, PlanRequest request)
    {
        (_cost, _silos, _request) = (cost, silos, request);
        var sets = request.Starter is null ? MostSets : MostSetsOfStarter;
        _kinds = SiloKinds.Of(silos, request.Starter, sets);
        _starters = [.. Enumerable.Range(0, _kinds.Kinds.Count)
            .Where(kind => request.Starter is null || _kinds.Kinds[kind].Any(silo => silo.Silo == request.Starter))];
    }

    /// <summary>Finds the best plan.</summary>
    /// <param name="cost">The model.</param>
    /// <param name="silos">The silos that may have parts of it; not all need get one.</param>
    /// <param name="request">What the plan is to be good for.</param>
    /// <exception cref="PlanException">The silos' memory is too small, or the starter is none of them.</exception>
    /// <exception cref="ArgumentException">A number of the silos or of the request is not valid.</exception>
    public static PlanEstimate Solve(ModelCost cost, MeasuredSilos silos, PlanRequest request)
    {
        ArgumentNullException.ThrowIfNull(cost);
        ArgumentNullException.ThrowIfNull(silos);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentOutOfRangeException.ThrowIfLessThan(request.Sequences, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(request.Pages);
        ArgumentOutOfRangeException.ThrowIfNegative(request.Context);
        ArgumentOutOfRangeException.ThrowIfLessThan(request.StarterBlocks, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(request.StarterBlocks, cost.Blocks);
        if (silos.Faults().FirstOrDefault() is { } fault) throw new ArgumentException(fault, nameof(silos));
        if (request.Starter is { } starter && silos.Silos.All(silo => silo.Silo != starter))
            throw new PlanException($"silo {starter} is to start, known are {string.Join(", ", silos.Silos.Select(silo => silo.Silo))}");

        PlanEstimate? best = null;
        PlanException? lacking = null;
        foreach (var (grouped, first) in SharedStages.Groupings(cost, silos, request))
        {
            try
            {
                var plan = new PlanSolver(cost, grouped, request with { Starter = first }).Solve();
                if (best is null || plan.TokensPerSecond > best.TokensPerSecond * WorthwhileGain) best = plan;
            }
            catch (PlanException refusal)
            {
                lacking ??= refusal; // of the silos as they are
            }
        }

        return best ?? throw lacking!;
    }

    private PlanEstimate Solve()
    {
        PlanEstimate? best = null;
        var bound = 0.0;
        for (var stages = 1; stages <= Math.Min(_silos.Silos.Count, _cost.Blocks); stages++)
        {
            if (Best(stages) is { } plan && (best is null || plan.TokensPerSecond > best.TokensPerSecond * (1 + 1e-9))) best = plan;
            if (!_kinds.IsExact) bound = Math.Max(bound, Bound(stages));
        }

        // Where near silos count as equal, one of them may have to take more than the least of them can.
        best ??= _kinds.IsExact ? null : Filled();
        return best is null ? throw Lacking() : best with { BoundTokensPerSecond = _kinds.IsExact ? null : bound };
    }

    private PlanEstimate? Best(int stages)
    {
        var times = Times(_kinds.Least, stages);
        var limit = double.PositiveInfinity;
        if (_request.Objective == PlanObjective.Throughput)
        {
            if (Slowest(times, stages) is not { } slowest) return null;
            limit = slowest;
        }

        var hops = Hops(stages);
        (double Round, IReadOnlyList<(int Kind, int Count)> Stages)? shortest = null;
        foreach (var starter in _starters)
        {
            if (Shortest(times, hops, stages, starter, limit) is { } found && !(shortest?.Round <= found.Round)) shortest = found;
        }

        if (shortest is not { } chosen) return null;
        var next = new int[_kinds.Kinds.Count];
        return PlanEstimate.Of(
            _cost, _silos, _request, [.. chosen.Stages.Select(stage => (_kinds.Kinds[stage.Kind][next[stage.Kind]++].Silo, stage.Count))]);
    }

    private StageTimes[] Times(Func<int, SiloSpeed> silo, int stages) =>
        [.. Enumerable.Range(0, _kinds.Kinds.Count).Select(kind => new StageTimes(_cost, silo(kind), _request, Rows(stages)))];

    private int Rows(int stages)
    {
        var (sequences, batches) = (PlanEstimate.SequencesOf(_request), PlanEstimate.BatchesOf(_request, stages));
        return (sequences + batches - 1) / batches;
    }

    private double[,] Hops(int stages)
    {
        var count = _kinds.Kinds.Count;
        var hops = new double[count, count];
        if (stages == 1) return hops;
        var bytes = Rows(stages) * _request.WireBytes * _cost.Width;
        for (var from = 0; from < count; from++)
            for (var to = 0; to < count; to++) hops[from, to] = _kinds.HopSeconds(from, to, bytes);
        return hops;
    }

    // The least time within which so many stages can have all blocks; null where memory is too small for any.
    private double? Slowest(StageTimes[] times, int stages)
    {
        if (!CanHave(times, stages, double.PositiveInfinity)) return null;
        var candidates = new List<double>();
        for (var kind = 0; kind < times.Length; kind++)
        {
            for (var first = 0; first < _cost.Blocks; first++)
            {
                for (var end = first + 1; end <= _cost.Blocks && times[kind].Fits(first, end, false); end++)
                {
                    candidates.Add(times[kind].Seconds(first, end, false));
                    if (first == 0 && _starters.Contains(kind)) candidates.Add(times[kind].Seconds(first, end, true));
                }
            }
        }

        candidates.Sort();
        var (low, high) = (0, candidates.Count - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (CanHave(times, stages, candidates[middle])) high = middle;
            else low = middle + 1;
        }

        return candidates[low];
    }

    // Whether exactly so many stages can have all blocks, none longer than a limit: reached[set, block] says whether the silos of a set can
    // have the blocks before one.
    private bool CanHave(StageTimes[] times, int stages, double limit, long more = 0)
    {
        var (blocks, count) = (_cost.Blocks, times.Length);
        var ends = new int[count, blocks];
        for (var kind = 0; kind < count; kind++)
            for (var first = 0; first < blocks; first++) ends[kind, first] = times[kind].End(first, false, limit, more);

        // Changes of how many runs cover an end; summed up when a set's turn comes, since its number is larger than those it is made of.
        var changes = new int[_kinds.Sets][];
        void Cover(int set, int from, int to)
        {
            if (set == 0 || to < from) return;
            changes[set] ??= new int[blocks + 2];
            changes[set][from]++;
            changes[set][to + 1]--;
        }

        foreach (var kind in _starters) Cover(_kinds.With(0, kind), _request.StarterBlocks, times[kind].End(0, true, limit, more));
        for (var set = 1; set < _kinds.Sets; set++)
        {
            if (changes[set] is not { } change) continue;
            var (size, cover) = (_kinds.Count(set), 0);
            for (var block = 0; block <= blocks; block++)
            {
                cover += change[block];
                if (cover == 0) continue;
                if (block == blocks && size == stages) return true;
                if (block == blocks || size >= stages) continue;
                for (var kind = 0; kind < count; kind++) Cover(_kinds.With(set, kind), block + 1, ends[kind, block]);
            }
        }

        return false;
    }

    // The shortest round of exactly so many stages that begins with a kind, none longer than a limit.
    private (double Round, IReadOnlyList<(int Kind, int Count)> Stages)? Shortest(
        StageTimes[] times, double[,] hops, int stages, int starter, double limit)
    {
        var (blocks, count) = (_cost.Blocks, times.Length);
        var rounds = new double[_kinds.Sets * count][];
        var from = new (int Kind, int First)[_kinds.Sets * count][];
        void Reach(int set, int kind, int first, double round, int before, bool starts)
        {
            var place = (set * count) + kind;
            if (rounds[place] is null)
            {
                rounds[place] = new double[blocks + 1];
                Array.Fill(rounds[place], double.PositiveInfinity);
                from[place] = new (int, int)[blocks + 1];
            }

            var last = times[kind].End(first, starts, limit);
            for (var end = starts ? _request.StarterBlocks : first + 1; end <= last; end++)
            {
                var with = round + times[kind].Seconds(first, end, starts);
                if (with >= rounds[place][end]) continue;
                (rounds[place][end], from[place][end]) = (with, (before, first));
            }
        }

        Reach(_kinds.With(0, starter), starter, 0, 0, -1, starts: true);
        (double Round, int Set, int Kind)? best = null;
        for (var set = 1; set < _kinds.Sets; set++)
        {
            var size = _kinds.Count(set);
            if (size > stages) continue;
            for (var kind = 0; size == stages && kind < count; kind++)
            {
                if (rounds[(set * count) + kind] is not { } ended || double.IsInfinity(ended[blocks])) continue;
                var round = ended[blocks] + hops[kind, starter];
                if (!(best?.Round <= round)) best = (round, set, kind);
            }

            for (var next = 0; size < stages && next < count; next++)
            {
                if (_kinds.With(set, next) is not (var larger and > 0)) continue;
                for (var block = 1; block < blocks; block++)
                {
                    var (round, before) = (double.PositiveInfinity, -1);
                    for (var kind = 0; kind < count; kind++)
                    {
                        if (rounds[(set * count) + kind] is { } ended && ended[block] + hops[kind, next] < round)
                            (round, before) = (ended[block] + hops[kind, next], kind);
                    }

                    if (before >= 0) Reach(larger, next, block, round, before, starts: false);
                }
            }
        }

        if (best is not { } found) return null;
        var run = new List<(int Kind, int Count)>();
        for (var (set, kind, end) = (found.Set, found.Kind, blocks); kind >= 0;)
        {
            var (before, first) = from[(set * count) + kind][end];
            run.Insert(0, (kind, end - first));
            (set, kind, end) = (set - _kinds.With(0, kind), before, first);
        }

        return (found.Round, run);
    }

    // What no plan of so many stages exceeds: that of silos each as fast as the fastest of its kind, without hops.
    private double Bound(int stages)
    {
        var times = Times(_kinds.Most, stages);
        var (sequences, batches) = (PlanEstimate.SequencesOf(_request), PlanEstimate.BatchesOf(_request, stages));
        if (_request.Objective == PlanObjective.Throughput)
            return Slowest(times, stages) is { } slowest ? (double)sequences / batches / slowest : 0;
        var none = new double[_kinds.Kinds.Count, _kinds.Kinds.Count];
        return _starters.Max(starter => Shortest(times, none, stages, starter, double.PositiveInfinity) is { } found ? 1 / found.Round : 0);
    }

    // The largest silos first, each full.
    private PlanEstimate? Filled()
    {
        var rows = Rows(_silos.Silos.Count);
        var (stages, first) = (new List<(string, int)>(), 0);
        foreach (var silo in _silos.Silos.OrderByDescending(silo => silo.Silo == _request.Starter).ThenByDescending(silo => silo.Bytes))
        {
            var end = new StageTimes(_cost, silo, _request, rows).End(first, stages.Count == 0, double.PositiveInfinity);
            if (stages.Count == 0 && end < _request.StarterBlocks) return null;
            if (end > first) stages.Add((silo.Silo, end - first));
            first = end;
        }

        return first == _cost.Blocks ? PlanEstimate.Of(_cost, _silos, _request, stages) : null;
    }

    private PlanException Lacking()
    {
        var needed = _cost.StarterBytes + _cost.BlockBytes.Sum() + (_cost.Blocks * _request.Pages * _cost.PageBytes);
        var have = _silos.Silos.Sum(silo => silo.Bytes);
        var pages = $"with {_request.Pages} pages";
        if (needed > have)
        {
            return new PlanException(
                $"the model takes {needed} bytes {pages}, the silos may have {have}: {needed - have} bytes are lacking; "
                + "add a silo, raise a silo's memory, or lower the model's pages");
        }

        // Blocks are whole, and the starter has more than its blocks: so much more memory on each silo is enough.
        var times = Times(_kinds.Most, 1);
        var (low, high) = (0L, needed);
        while (high - low > 1)
        {
            var more = low + ((high - low) / 2);
            if (Enumerable.Range(1, Math.Min(_silos.Silos.Count, _cost.Blocks)).Any(
                stages => CanHave(times, stages, double.PositiveInfinity, more))) high = more;
            else low = more;
        }

        return new PlanException(
            $"the model takes {needed} bytes {pages}, the silos may have {have}, and its blocks, which are whole, do not fit: {high} bytes "
            + "are lacking on each silo; add a silo, raise a silo's memory, or lower the model's pages");
    }
}
