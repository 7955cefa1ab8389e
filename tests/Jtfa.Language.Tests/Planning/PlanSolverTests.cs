using System.Globalization;
using System.Text.RegularExpressions;
using Jtfa.Language.Architectures;
using Jtfa.Language.Caches;
using Jtfa.Language.Files;
using Jtfa.Language.Models;
using Jtfa.Language.Planning;

namespace Jtfa.Language.Tests.Planning;

/// <summary>Plans, compared with all that there are.</summary>
public sealed class PlanSolverTests
{
    [Fact]
    public void No_plan_is_better_than_the_solvers()
    {
        var random = new Random(3);
        var (solved, refused) = (0, 0);
        for (var round = 0; round < LongForm.Times(300); round++)
        {
            var (cost, silos, request) = (Cost(random), Silos(random, random.Next(1, 5)), Request(random));
            if (random.Next(3) == 0)
            {
                request = request with
                {
                    Starter = silos.Silos[random.Next(silos.Silos.Count)].Silo,
                    StarterBlocks = random.Next(2) == 0 ? 1 : random.Next(1, cost.Blocks + 1),
                };
            }

            var all = All(cost, silos, request).ToList();
            if (all.Count == 0)
            {
                refused++;
                AssertLacking(cost, silos, request);
                continue;
            }

            solved++;
            var plan = PlanSolver.Solve(cost, silos, request);
            Assert.Null(plan.BoundTokensPerSecond);
            Assert.Contains(all, other => Choice(other).SequenceEqual(Choice(plan)));
            Assert.Equal(Best(all, request), plan.TokensPerSecond, 1e-9 * plan.TokensPerSecond);
        }

        Assert.True(solved > 100 && refused > 20, $"{solved} plans, {refused} refusals");
    }

    [Fact]
    public void Many_silos_of_few_kinds_are_solved_exactly()
    {
        var cost = Even(40);
        SiloSpeed[] silos =
        [
            .. Enumerable.Range(0, 9).Select(i => new SiloSpeed($"small{i}", 30_000, 1e9, 2e6)),
            .. Enumerable.Range(0, 3).Select(i => new SiloSpeed($"large{i}", 90_000, 2e9, 4e6)),
        ];
        var plan = PlanSolver.Solve(
            cost, new() { Silos = silos, RoundTripSeconds = 0 }, new() { Sequences = 12, Pages = 0, Context = 0 });
        Assert.Null(plan.BoundTokensPerSecond);
        Assert.Equal(40, plan.Stages.Sum(stage => stage.Count));
        Assert.Equal(12, plan.Stages.Select(stage => stage.Silo).Distinct().Count());

        // 9·1 + 3·2 = 15 units of speed for 40 blocks: 3 blocks of a small silo, or 6 of a large one, at best.
        Assert.Equal(3 * 2_000 / 2e6, plan.SlowestSeconds, 1e-12);
    }

    [Fact]
    public void Too_many_different_silos_give_a_plan_within_a_bound()
    {
        var random = new Random(7);
        var cost = Even(32);
        SiloSpeed[] silos =
            [.. Enumerable.Range(0, 24).Select(i => new SiloSpeed($"s{i}", 20_000, 1e6 * (1 + random.NextDouble()), 1e9 * (1 + i)))];
        var plan = PlanSolver.Solve(cost, new() { Silos = silos }, new() { Sequences = 24, Pages = 0 });
        Assert.InRange(plan.TokensPerSecond, 0.3 * plan.BoundTokensPerSecond!.Value, plan.BoundTokensPerSecond!.Value);
        AssertWithinMemory(plan, silos);

        // One silo alone has the memory for most of it, and its likes have not.
        SiloSpeed[] uneven = [.. silos.Select((silo, i) => silo with { Bytes = i == 0 ? 31_000 : 1_000 + (i * 10) })];
        var filled = PlanSolver.Solve(cost, new() { Silos = uneven }, new() { Sequences = 2, Pages = 0 });
        AssertWithinMemory(filled, uneven);
    }

    [Fact]
    public void One_sequence_takes_no_hop_that_does_not_help()
    {
        SiloSpeed[] silos = [new("a", 1_000_000, 1e6, 2e6), new("b", 1_000_000, 1e6, 2e6)];
        var measured = new MeasuredSilos { Silos = silos };
        var alone = PlanSolver.Solve(Even(10), measured, new() { Objective = PlanObjective.Latency, Sequences = 8, Pages = 0 });
        Assert.Equal("a", Assert.Single(alone.Stages).Silo);
        var many = PlanSolver.Solve(Even(10), measured, new() { Sequences = 8, Pages = 0 });
        Assert.Equal([5, 5], many.Stages.Select(stage => stage.Count));
        Assert.True(many.TokensPerSecond > alone.TokensPerSecond);
    }

    [Fact]
    public void What_is_lacking_is_said_in_bytes()
    {
        var cost = Even(10) with { StarterBytes = 500 };
        SiloSpeed[] silos = [new("a", 4_000, 1e6, 1e9), new("b", 5_999, 1e6, 1e9)];
        var fault = Assert.Throws<PlanException>(() => PlanSolver.Solve(cost, new() { Silos = silos }, new() { Pages = 0 }));
        Assert.Contains(
            "takes 10500 bytes with 0 pages, the silos may have 9999: 501 bytes are lacking", fault.Message, StringComparison.Ordinal);

        // 10,998 bytes, but a has room for four blocks and b for five.
        silos = [new("a", 4_999, 1e6, 1e9), new("b", 5_999, 1e6, 1e9)];
        fault = Assert.Throws<PlanException>(() => PlanSolver.Solve(cost, new() { Silos = silos }, new() { Pages = 0 }));
        Assert.Contains(": 1 bytes are lacking on each silo", fault.Message, StringComparison.Ordinal);
        SiloSpeed[] larger = [.. silos.Select(silo => silo with { Bytes = silo.Bytes + 1 })];
        var more = PlanSolver.Solve(cost, new() { Silos = larger }, new() { Pages = 0 });
        Assert.Equal(2, more.Stages.Count);

        fault = Assert.Throws<PlanException>(() => PlanSolver.Solve(cost, new() { Silos = silos }, new() { Starter = "c" }));
        Assert.Contains("silo c is to start, known are a, b", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_given_plan_is_measured_by_the_same_rule_and_refused_where_it_cannot_be()
    {
        var cost = Even(10);
        var silos = new MeasuredSilos { Silos = [new("a", 20_000, 1e6, 1e9), new("b", 3_000, 1e6, 1e9)] };
        var request = new PlanRequest { Sequences = 2, Pages = 0, Context = 0 };
        var plan = PlanEstimate.Of(cost, silos, request, [("a", 8), ("b", 2)]);
        Assert.Equal((0.008, 0, 8, 8, 2), (
            plan.SlowestSeconds, plan.Stages[0].First, plan.Stages[0].Count, plan.Stages[1].First, plan.Stages[1].Count));
        foreach (var (stages, says) in (((string, int)[], string)[])[
            ([("a", 7), ("b", 2)], "the stages have 9 blocks, the model has 10"), ([("a", 10), ("b", 0)], "blocks"),
            ([("a", 6), ("b", 4)], "silo b may have 3000: 1000 bytes are lacking"), ([("c", 10)], "stage 0 is on silo c, known are a, b")])
        {
            var fault = Assert.Throws<PlanException>(() => PlanEstimate.Of(cost, silos, request, stages));
            Assert.Contains(says, fault.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("llama", "Q4_0"), InlineData("llama:tied", "Q8_0"), InlineData("falcon", "F32"), InlineData("gpt2", "F16")]
    [InlineData("phi3", "F32")]
    public void A_file_costs_what_its_stages_take(string kind, string type)
    {
        var path = Path.GetTempFileName();
        try
        {
            RandomModel.Write(path, kind, type);
            using var file = GgufFile.Open(path);
            var architecture = Architecture.Of(file);
            var cost = ModelCost.Of(file, architecture, CacheFormat.F16);
            Assert.Equal(file.Tensors.Sum(tensor => tensor.Bytes), cost.BlockBytes.Sum() + cost.StarterBytes);
            using var model = LanguageModel.Load(path, 1);
            using var pool = model.CreatePool(CacheFormat.F16, 3);
            Assert.Equal((model.Sizes.Blocks, model.Sizes.Width), (cost.Blocks, cost.Width));
            Assert.Equal(pool.PageBytes, cost.Blocks * cost.PageBytes);
            var head = file.Find("output.weight") ?? file.Find("token_embd.weight")!;
            Assert.Equal((head.Bytes, head.Elements), (cost.HeadBytes, cost.HeadProducts));

            // Norms and biases are not among the weights that a model counts.
            var bytes = file.Tensors.Sum(tensor => tensor.Bytes);
            Assert.InRange(model.Bytes, 0.8 * bytes, 1.3 * bytes);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static IEnumerable<(string, int)> Choice(PlanEstimate plan) => plan.Stages.Select(stage => (stage.Silo, stage.Count));

    private static ModelCost Even(int blocks) => new()
    {
        BlockBytes = [.. Enumerable.Repeat(1_000L, blocks)],
        BlockProducts = [.. Enumerable.Repeat(2_000L, blocks)],
        StarterBytes = 0,
        HeadBytes = 0,
        HeadProducts = 0,
        PageBytes = 10,
        Width = 8,
        Format = "F32",
    };

    private static ModelCost Cost(Random random)
    {
        var blocks = random.Next(1, 7);
        return new()
        {
            BlockBytes = [.. Enumerable.Range(0, blocks).Select(_ => random.NextInt64(500, 2_000))],
            BlockProducts = [.. Enumerable.Range(0, blocks).Select(_ => random.NextInt64(500, 2_000))],
            StarterBytes = random.NextInt64(0, 3_000),
            HeadBytes = random.NextInt64(0, 2_000),
            HeadProducts = random.NextInt64(0, 2_000),
            PageBytes = random.NextInt64(0, 100),
            Width = random.Next(1, 100),
            Format = "F32",
        };
    }

    private static MeasuredSilos Silos(Random random, int count)
    {
        // Now and then equal ones.
        SiloSpeed Speed(int i) => new(
            $"s{i}", random.NextInt64(1_000, 9_000), 1e5 * random.Next(1, 4), random.Next(2) == 0 ? 1e9 : 1e6 * random.Next(1, 3));
        SiloSpeed[] silos = [.. Enumerable.Range(0, count).Select(Speed)];
        if (count > 1 && random.Next(2) == 0) silos[1] = silos[0] with { Silo = "s1" };
        return new()
        {
            Silos = silos,
            Links = [.. silos.Skip(1).Where(_ => random.Next(2) == 0).Select(
                silo => new SiloLink(silo.Silo, silos[random.Next(count)].Silo, random.NextDouble() / 100, 1e5))],
            RoundTripSeconds = random.NextDouble() / 1000,
        };
    }

    private static PlanRequest Request(Random random) => new()
    {
        Sequences = random.Next(1, 9),
        Objective = random.Next(3) == 0 ? PlanObjective.Latency : PlanObjective.Throughput,
        Pages = random.Next(0, 10),
        Context = random.Next(0, 100),
    };

    // The rule that the solver follows, on all plans.
    private static double Best(List<PlanEstimate> all, PlanRequest request) => all.GroupBy(plan => plan.Stages.Count).Max(group =>
    {
        var slowest = request.Objective == PlanObjective.Latency ? double.PositiveInfinity : group.Min(plan => plan.SlowestSeconds);
        return group.Where(plan => plan.SlowestSeconds <= slowest * (1 + 1e-12)).MinBy(plan => plan.RoundSeconds)!.TokensPerSecond;
    });

    private static IEnumerable<PlanEstimate> All(ModelCost cost, MeasuredSilos silos, PlanRequest request)
    {
        IEnumerable<List<(string, int)>> From(List<(string Silo, int Count)> stages, int left)
        {
            if (left == 0) yield return stages;
            foreach (var silo in silos.Silos.Where(silo => stages.All(stage => stage.Silo != silo.Silo)))
            {
                if (stages.Count == 0 && request.Starter is { } starter && silo.Silo != starter) continue;
                for (var count = stages.Count == 0 ? request.StarterBlocks : 1; count <= left; count++)
                    foreach (var whole in From([.. stages, (silo.Silo, count)], left - count)) yield return whole;
            }
        }

        foreach (var stages in From([], cost.Blocks))
        {
            PlanEstimate plan;
            try
            {
                plan = PlanEstimate.Of(cost, silos, request, stages);
            }
            catch (PlanException)
            {
                continue; // beyond a silo's memory
            }

            yield return plan;
        }
    }

    // So much more memory as the message says is enough, and a byte less is not.
    private static void AssertLacking(ModelCost cost, MeasuredSilos silos, PlanRequest request)
    {
        var fault = Assert.Throws<PlanException>(() => PlanSolver.Solve(cost, silos, request)).Message;
        var lacking = long.Parse(Regex.Match(fault, "([0-9]+) bytes are lacking").Groups[1].Value, CultureInfo.InvariantCulture);
        if (!fault.Contains("on each silo", StringComparison.Ordinal))
        {
            Assert.True(lacking > 0);
            return;
        }

        MeasuredSilos With(long more) => silos with { Silos = [.. silos.Silos.Select(silo => silo with { Bytes = silo.Bytes + more })] };
        Assert.NotEmpty(All(cost, With(lacking), request));
        Assert.Empty(All(cost, With(lacking - 1), request));
    }

    private static void AssertWithinMemory(PlanEstimate plan, IReadOnlyList<SiloSpeed> silos) => Assert.All(
        plan.Stages, stage => Assert.True(stage.Bytes <= silos.Single(silo => silo.Silo == stage.Silo).Bytes));
}
