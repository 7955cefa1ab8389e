using Jtfa.Language.Planning;

namespace Jtfa.Language.Tests.Planning;

/// <summary>
/// Stages whose tensors several silos share: proposed where they gain, and measured by their slowest share and their sums.
/// </summary>
public sealed class SharedStageTests
{
    private static readonly PlanRequest s_alone = new() { Objective = PlanObjective.Latency, Pages = 0, Context = 0, MayShare = true };

    // A block takes 10 ms of a silo.
    private static readonly ModelCost s_cost = new()
    {
        BlockBytes = [.. Enumerable.Repeat(10_000L, 8)],
        BlockProducts = [.. Enumerable.Repeat(10L, 8)],
        StarterBytes = 5_000,
        HeadBytes = 1_000,
        HeadProducts = 1,
        PageBytes = 0,
        Width = 10,
        Format = "F32",
        Heads = 8,
        HeadStep = 2,
    };

    [Fact]
    public void Silos_share_where_sums_are_cheap_and_do_not_where_they_are_dear()
    {
        var near = Silos(roundTrip: 1e-4, 1, 1);
        var plan = PlanSolver.Solve(s_cost, near, s_alone with { Starter = "s1" });
        var stage = Assert.Single(plan.Stages);
        Assert.Equal([("s1", 0, 4), ("s0", 4, 4)], stage.Shares.Select(share => (share.Silo, share.FirstHead, share.Heads)));
        Assert.Equal([45_000L, 40_000L], stage.Shares.Select(share => share.Bytes));

        // Eight blocks of 5 ms and two sums of a round trip and of 2 · 40 bytes each; the head is one silo's alone.
        Assert.Equal((8 * (0.005 + (2 * (1e-4 + (80 / 1.25e8))))) + 0.001, stage.Seconds, 1e-9);
        Assert.Empty(PlanSolver.Solve(s_cost, Silos(roundTrip: 0.01, 1, 1), s_alone).Stages.Single().Shares);
    }

    [Fact]
    public void A_share_is_as_large_as_its_silo_is_fast_and_ends_between_blocks_of_columns()
    {
        var plan = PlanSolver.Solve(s_cost, Silos(roundTrip: 1e-5, 3, 1), s_alone with { Starter = "s0" });
        Assert.Equal([6, 2], plan.Stages.Single().Shares.Select(share => share.Heads));
        var given = PlanEstimate.Of(s_cost, Silos(1e-5, 3, 1), s_alone, [new StageChoice("s0", 8, [("s0", 6), ("s1", 2)])]);
        Assert.Equal(plan.TokensPerSecond, given.TokensPerSecond, 1e-9);
        var hybrid = PlanEstimate.Of(
            s_cost, Silos(1e-5, 1, 1, 1), s_alone, [new StageChoice("s0", 5, [("s0", 4), ("s1", 4)]), new StageChoice("s2", 3, [])]);
        Assert.Equal([2, 0], hybrid.Stages.Select(stage => stage.Shares.Count));
        Assert.Equal(0.03, hybrid.Stages[1].Seconds, 1e-9);
    }

    [Theory]
    [InlineData(3, 5, "silos share 3 + 5 heads of keys and values: allowed are 8 together, and borders at multiples of 2")]
    [InlineData(4, 2, "silos share 4 + 2 heads"), InlineData(8, 0, "silos share 8 + 0 heads")]
    public void Shares_that_cannot_be_are_refused(int first, int second, string says)
    {
        var fault = Assert.Throws<PlanException>(() => PlanEstimate.Of(
            s_cost, Silos(1e-5, 1, 1), s_alone, [new StageChoice("s0", 8, [("s0", first), ("s1", second)])]));
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_share_is_larger_than_its_silos_memory()
    {
        // Neither has room for all blocks; as stages or as shares both have room for half of them, and one for the starter's part, too.
        var silos = Silos(1e-5, 1, 1);
        silos = silos with { Silos = [silos.Silos[0] with { Bytes = 45_000 }, silos.Silos[1] with { Bytes = 40_000 }] };
        var plan = PlanSolver.Solve(s_cost, silos, s_alone);
        Assert.Equal(["s0", "s1"], plan.Stages.Single().Shares.Select(share => share.Silo));
        var fault = Assert.Throws<PlanException>(() => PlanEstimate.Of(
            s_cost, silos, s_alone, [new StageChoice("s1", 8, [("s1", 4), ("s0", 4)])]));
        Assert.Contains(
            "4 heads of blocks 0 to 7 take 45000 bytes with their pages, silo s1 may have 40000", fault.Message, StringComparison.Ordinal);
    }

    private static MeasuredSilos Silos(double roundTrip, params int[] speeds) => new()
    {
        Silos = [.. speeds.Select((speed, i) => new SiloSpeed($"s{i}", 1_000_000, speed * 1e6, 1e9))],
        RoundTripSeconds = roundTrip,
    };
}
