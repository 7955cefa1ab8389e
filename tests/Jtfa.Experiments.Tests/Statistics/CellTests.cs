using FsCheck;
using FsCheck.Fluent;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Tests.Statistics;

/// <summary>Runs grouped to cells, and cells compared run by run.</summary>
public sealed class CellTests
{
    [Fact]
    public void A_verdict_is_given_only_where_the_interval_excludes_0() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(500),
        Prop.ForAll(Gen.Choose(-40, 60).Select(number => number / 10.0).NonEmptyListOf()
            .Select(list => list.Take(9).ToArray()).ToArbitrary(), differences =>
        {
            var (difference, verdict) = PairedDifference.Create(differences);
            var expected = differences.Length < PairedDifference.MinimumPairs ? Verdict.NotTold
                : difference.Low > 0 ? Verdict.Higher : difference.High < 0 ? Verdict.Lower : Verdict.NotTold;
            Assert.Equal(expected, verdict);
            Assert.Equal(Flip(verdict), PairedDifference.Create(differences.Select(number => -number)).Verdict);
        }));

    [Fact]
    public void Five_pairs_are_told_apart_only_if_all_differ_in_one_direction()
    {
        Assert.Equal(Verdict.Higher, PairedDifference.Create([0.1, 9, 4, 5, 0.2]).Verdict);
        Assert.Equal(Verdict.NotTold, PairedDifference.Create([-0.1, 9, 4, 5, 0.2]).Verdict);
        Assert.Equal(Verdict.NotTold, PairedDifference.Create([0, 9, 4, 5, 0.2]).Verdict);
        Assert.Equal(Verdict.Lower, PairedDifference.Create([-0.1, -9, -4, -5, -0.2]).Verdict);
        Assert.Equal(Verdict.NotTold, PairedDifference.Create([7, 9, 4, 5]).Verdict);
    }

    [Fact]
    public void Runs_are_compared_with_those_of_the_same_repeat_and_no_others()
    {
        // Repeats differ by tens, cells by one: only pairing can tell.
        RunResult[] runs = [.. Enumerable.Range(0, 5)
            .SelectMany(i => new[] { Run("a", 6 - i, (10 * i) + 1), Run("b", 6 - i, 10 * i) }), Run("a", 40, -999)];
        var cells = Cells.Group(runs);
        var difference = PairedDifference.Between(cells.With("x", "a")[0], cells.With("x", "b")[0], "v")!;
        Assert.Equal((new Estimate(1, 1, 1, 5), Verdict.Higher), (difference.Difference, difference.Verdict));
        Assert.Null(PairedDifference.Between(cells[0], cells[1], "never measured"));
    }

    [Fact]
    public void A_ratio_is_of_runs_of_the_same_repeat()
    {
        var cells = Cells.Group([Run("a", 0, 20), Run("b", 0, 2), Run("a", 1, 30), Run("b", 1, 3), Run("a", 2, 5), Run("b", 2, 0)]);
        Assert.Equal(new Estimate(10, 10, 10, 2), PairedDifference.Ratio(cells[0], cells[1], "v"));
    }

    [Fact]
    public void The_order_of_runs_and_of_factors_does_not_matter()
    {
        RunResult[] runs = [.. from repeat in Enumerable.Range(0, 5) from level in new[] { "10", "9", "wired", "delay-30",
            "delay-5" } select Run(level, repeat, repeat * level.Length)];
        var forward = Cells.Group(runs);
        var backward = Cells.Group(
            runs.Reverse().Select(run => run with { Factors = new Dictionary<string, string>(run.Factors.Reverse()) }));
        Assert.Equal(["9", "10", "wired", "delay-5", "delay-30"], forward.Levels("x").OrderBy(level => level, FactorLevels.Order));
        Assert.Equal(forward.Select(cell => (cell["x"], cell.Find("v"))), backward.Select(cell => (cell["x"], cell.Find("v"))));
        Assert.All(forward, cell => Assert.Equal(5, cell.Runs.Count));
    }

    [Fact]
    public void What_no_run_measured_is_no_estimate_and_what_some_measured_is_of_these()
    {
        var cell = Cells.Group([Run("a", 0, 4), Run("a", 1, double.NaN), Run("a", 2, 6)])[0];
        Assert.Null(cell.Find("w"));
        Assert.Equal(new Estimate(5, 4, 6, 2), cell.Find("v"));
        Assert.Equal(0.4, cell.RelativeRange("v"));
        Assert.Null(cell.RelativeRange("w"));
    }

    [Fact]
    public void Pairs_differ_in_one_factor_alone()
    {
        var cells = Cells.Group(
            from x in new[] { "a", "b" }
            from y in new[] { "1", "2", "3" }
            where (x, y) != ("b", "2")
            select new RunResult("e", new Dictionary<string, string> { ["x"] = x, ["y"] = y }, 0, 1, new Dictionary<string, double>()));
        Assert.Equal(["1", "3"], cells.Pairs("x", "a", "b").Select(pair => pair.Cell["y"]));
        Assert.All(cells.Pairs("x", "a", "b"), pair => Assert.Equal(pair.Cell["y"], pair.Against["y"]));
        Assert.Equal(("b", "3"), (cells.Like(cells[0], ("x", "b"), ("y", "3"))!["x"], cells.Like(cells[0], ("x", "b"), ("y", "3"))!["y"]));
        Assert.Null(cells.Like(cells[0], ("x", "b"), ("y", "2")));
    }

    private static Verdict Flip(Verdict verdict) => verdict switch
    {
        Verdict.Higher => Verdict.Lower,
        Verdict.Lower => Verdict.Higher,
        _ => Verdict.NotTold,
    };

    private static RunResult Run(string x, int repeat, double value) =>
        new("e", new Dictionary<string, string> { ["x"] = x, ["z"] = "same" }, repeat, (ulong)repeat, new Dictionary<string,
            double>
        { ["v"] = value });
}
