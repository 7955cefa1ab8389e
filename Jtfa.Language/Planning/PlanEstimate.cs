namespace Jtfa.Language.Planning;

/// <summary>Which silos have which blocks, and how fast that is expected to be.</summary>
public sealed record PlanEstimate
{
    /// <summary>The stages in their order; the first starts.</summary>
    public required IReadOnlyList<StageEstimate> Stages { get; init; }

    /// <summary>Text tokens a second of all sequences together.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Seconds of the slowest stage for one batch.</summary>
    public required double SlowestSeconds { get; init; }

    /// <summary>Seconds of one batch through all stages and back to the starter.</summary>
    public required double RoundSeconds { get; init; }

    /// <summary>Text tokens a second that no plan exceeds; null where this plan is known to be the best.</summary>
    public double? BoundTokensPerSecond { get; init; }

    /// <summary>What a given plan is expected to do.</summary>
    /// <param name="cost">The model.</param>
    /// <param name="silos">The silos.</param>
    /// <param name="request">Sequences, pages and context.</param>
    /// <param name="stages">Each stage's silo and its number of blocks, in order, all blocks of the model; no silo has two.</param>
    /// <exception cref="PlanException">A silo is not known, the blocks are not all the model's, or a stage is larger than its silo's
    /// memory.</exception>
    /// <remarks>
    /// The sequences go round in as many batches as there are stages, or fewer where there are fewer sequences. A batch leaves the slowest
    /// stage every <see cref="SlowestSeconds"/> at best; and of g batches none comes round sooner than <see cref="RoundSeconds"/>.
    /// </remarks>
    public static PlanEstimate Of(ModelCost cost, MeasuredSilos silos, PlanRequest request, IReadOnlyList<(string Silo, int Count)> stages)
    {
        ArgumentNullException.ThrowIfNull(cost);
        ArgumentNullException.ThrowIfNull(silos);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(stages);
        if (stages.Sum(stage => (long)stage.Count) != cost.Blocks || stages.Any(stage => stage.Count < 1))
            throw new PlanException($"the stages have {stages.Sum(stage => (long)stage.Count)} blocks, the model has {cost.Blocks}");
        var (sequences, batches) = (SequencesOf(request), BatchesOf(request, stages.Count));
        var rows = (sequences + batches - 1) / batches;
        var estimates = new List<StageEstimate>(stages.Count);
        var first = 0;
        for (var i = 0; i < stages.Count; i++)
        {
            var (name, count) = stages[i];
            var silo = silos.Silos.FirstOrDefault(silo => silo.Silo == name) ?? throw new PlanException(
                $"stage {i} is on silo {name}, known are {string.Join(", ", silos.Silos.Select(silo => silo.Silo))}");
            var times = new StageTimes(cost, silo, request, rows);
            var bytes = times.Bytes(first, first + count, i == 0);
            var shares = new List<ShareEstimate>(silo.Shares.Count);
            foreach (var share in silo.Shares)
            {
                var own = times.BytesOfShare(shares.Count, first, first + count, i == 0);
                CheckMemory(share.Silo, own, $"{share.Heads} heads of blocks");
                shares.Add(new ShareEstimate(share.Silo.Silo, share.FirstHead, share.Heads, own));
            }

            if (shares.Count == 0) CheckMemory(silo, bytes, "blocks");
            var next = stages[(i + 1) % stages.Count].Silo;
            estimates.Add(new StageEstimate(
                name, first, count, bytes, times.Seconds(first, first + count, i == 0),
                silos.HopSeconds(name, next, rows * request.WireBytes * cost.Width))
            {
                Shares = shares,
            });
            first += count;

            void CheckMemory(SiloSpeed silo, long taken, string what)
            {
                if (taken <= silo.Bytes) return;
                throw new PlanException(
                    $"{what} {first} to {first + count - 1} take {taken} bytes with their pages, silo {silo.Silo} may have "
                    + $"{silo.Bytes}: {taken - silo.Bytes} bytes are lacking");
            }
        }

        var slowest = estimates.Max(stage => stage.Seconds);
        var round = estimates.Sum(stage => stage.Seconds + stage.HopSeconds);
        return new PlanEstimate
        {
            Stages = estimates,
            SlowestSeconds = slowest,
            RoundSeconds = round,
            TokensPerSecond = (double)sequences / batches * Math.Min(1 / slowest, batches / round),
        };
    }

    /// <summary>What a given plan is expected to do, some of whose stages silos may share.</summary>
    /// <param name="cost">The model.</param>
    /// <param name="silos">The silos.</param>
    /// <param name="request">Sequences, pages and context.</param>
    /// <param name="stages">The stages, in order, with all blocks of the model.</param>
    /// <exception cref="PlanException">
    /// A silo is not known, the blocks or a stage's heads are not all the model's or cannot be cut so, or a silo's memory is too small.
    /// </exception>
    public static PlanEstimate Of(ModelCost cost, MeasuredSilos silos, PlanRequest request, IReadOnlyList<StageChoice> stages)
    {
        ArgumentNullException.ThrowIfNull(cost);
        ArgumentNullException.ThrowIfNull(silos);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(stages);
        var groups = new List<IReadOnlyList<(SiloSpeed, int)>>();
        foreach (var stage in stages.Where(stage => stage.Shares.Count > 0))
        {
            var (border, total) = (0, stage.Shares.Sum(share => (long)share.Heads));
            foreach (var (_, heads) in stage.Shares)
            {
                border += heads;
                if (heads >= 1 && total == cost.Heads && (border == cost.Heads || border % cost.HeadStep == 0)) continue;
                throw new PlanException(
                    $"silos share {string.Join(" + ", stage.Shares.Select(share => share.Heads))} heads of keys and values: allowed are "
                    + $"{cost.Heads} together, and borders at multiples of {cost.HeadStep}");
            }

            groups.Add([.. stage.Shares.Select(share => (
                silos.Silos.FirstOrDefault(silo => silo.Silo == share.Silo) ?? throw new PlanException(
                    $"a stage is on silo {share.Silo}, known are {string.Join(", ", silos.Silos.Select(silo => silo.Silo))}"),
                share.Heads))]);
        }

        var with = groups.Count == 0 ? silos : SharedStages.With(cost, silos, groups);
        return Of(cost, with, request, [.. stages.Select(stage => (
            stage.Shares.Count == 0 ? stage.Silo : SharedStages.NameOf(stage.Shares.Select(share => share.Silo)), stage.Count))]);
    }

    /// <summary>Sequences that run at once.</summary>
    internal static int SequencesOf(PlanRequest request) => request.Objective == PlanObjective.Latency ? 1 : request.Sequences;

    /// <summary>Batches that go round.</summary>
    internal static int BatchesOf(PlanRequest request, int stages) => Math.Min(SequencesOf(request), stages);
}

/// <summary>A stage that somebody chose.</summary>
/// <param name="Silo">The silo's name.</param>
/// <param name="Count">How many blocks.</param>
/// <param name="Shares">Silos that share its tensors, with their heads of keys and values; empty where one has all.</param>
public sealed record StageChoice(string Silo, int Count, IReadOnlyList<(string Silo, int Heads)> Shares);

/// <summary>One stage of a plan.</summary>
/// <param name="Silo">The silo's name.</param>
/// <param name="First">Its first block.</param>
/// <param name="Count">How many blocks.</param>
/// <param name="Bytes">Memory of its weights and pages.</param>
/// <param name="Seconds">What it computes for one batch.</param>
/// <param name="HopSeconds">From it to the next stage; from the last to the starter.</param>
public sealed record StageEstimate(string Silo, int First, int Count, long Bytes, double Seconds, double HopSeconds)
{
    /// <summary>Silos that share the stage's tensors; empty where one silo has all of them.</summary>
    public IReadOnlyList<ShareEstimate> Shares { get; init; } = [];
}

/// <summary>One silo's share of a stage.</summary>
/// <param name="Silo">The silo's name.</param>
/// <param name="FirstHead">Its first head of keys and values.</param>
/// <param name="Heads">How many.</param>
/// <param name="Bytes">Memory of its share of weights and pages.</param>
public sealed record ShareEstimate(string Silo, int FirstHead, int Heads, long Bytes);
