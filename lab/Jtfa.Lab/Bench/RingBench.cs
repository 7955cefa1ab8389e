using System.Globalization;
using Jtfa.Language.Weights;

namespace Jtfa.Lab.Bench;

/// <summary>
/// One model of random weights on one, two and three silos, each a process with one computing thread: what several gain, what a hop costs,
/// how much memory the largest has, and how near a plan's forecast comes. Figures that are set against each other are of one run.
/// </summary>
internal static class RingBench
{
    private const double ThirdShare = 0.6; // of a core, for each of three silos on two cores
    private const int HopTokens = 400;
    private const int MemoryTokens = 8;

    public static async Task<RingFigures> RunAsync(RingSettings settings, Action<string> tell, CancellationToken cancellationToken)
    {
        using var group = new RingGroup();
        var (shape, file) = (settings.Shape, settings.Shape.Prepare(WeightFormat.Find("Q4_0")!));
        async Task<RingRun> RunAsync(RingPart part)
        {
            var run = await group.RunAsync(part, cancellationToken);
            tell(string.Create(
                CultureInfo.InvariantCulture,
                $"{Path.GetFileNameWithoutExtension(part.File)}, blocks {string.Join('+', part.Blocks)}, {part.Sequences} texts, " +
                $"{part.Share:P0} of a core: {run.TokensPerS:F1} tokens/s, after the first {run.DecodeTokensPerS:F1}, expected " +
                $"{run.ForecastTokensPerS:F1}; {run.TpotP50Ms:F2} ms; busy {Sum(run.Busy, "P0")}; {Sum(run.RssMb, "F0")} MB"));
            return run;
        }

        static string Sum(double[] numbers, string format) =>
            string.Join(" + ", numbers.Select(number => number.ToString(format, CultureInfo.InvariantCulture)));

        List<(double Two, double Three)> speedUps = [];
        List<RingRun> forecasts = [];
        foreach (var n in settings.Sequences)
        {
            var part = new RingPart(file, [shape.Blocks], n, settings.Tokens);
            var one = await RunAsync(part);
            var two = await RunAsync(part with { Blocks = shape.SplitOver(2, inMemory: false), Sequences = 2 * n, IsForecast = true });
            var slow = await RunAsync(part with { Share = ThirdShare });
            var three = await RunAsync(
                part with { Blocks = shape.SplitOver(3, inMemory: false), Sequences = 3 * n, Share = ThirdShare });
            speedUps.Add((two.TokensPerS / one.TokensPerS, three.TokensPerS / slow.TokensPerS));
            forecasts.Add(two);
        }

        // What a model costs that computes next to nothing, on two silos more than on one, is two hops.
        var wide = LanguageShape.All.First(known => known.Name == "wide-2").Prepare(WeightFormat.Find("Q4_0")!);
        var here = await RunAsync(new RingPart(wide, [2], 1, HopTokens));
        var there = await RunAsync(new RingPart(wide, [1, 1], 1, HopTokens));
        var hop = (there.TpotP50Ms - here.TpotP50Ms) / 2;

        var single = new RingPart(file, [shape.Blocks], 1, settings.Tokens);
        var alone = await RunAsync(single);
        var through = await RunAsync(single with { Blocks = shape.SplitOver(3, inMemory: false), IsForecast = true });
        var overhead = (through.TpotP50Ms - alone.TpotP50Ms - (3 * hop)) / alone.TpotP50Ms;
        forecasts.Add(through);

        var nano = settings.Memory;
        var nanoFile = nano.Prepare(WeightFormat.Find("F32")!);
        var whole = await RunAsync(new RingPart(nanoFile, [nano.Blocks], 1, MemoryTokens));
        var third = await RunAsync(new RingPart(nanoFile, nano.SplitOver(3, inMemory: true), 1, MemoryTokens));
        return new RingFigures(
            shape.Name, speedUps.Min(speedUp => speedUp.Two), speedUps.Min(speedUp => speedUp.Three), overhead, hop,
            third.RssMb.Max() / whole.RssMb.Max(),
            forecasts.Max(run => Math.Abs((run.ForecastTokensPerS / run.DecodeTokensPerS) - 1)),
            alone.TokensPerS, whole.RssMb.Max(), third.RssMb);
    }
}

/// <summary>What is measured.</summary>
/// <param name="Shape">The model.</param>
/// <param name="Memory">The model whose memory is measured.</param>
/// <param name="Sequences">Texts at once on one silo; two have twice as many, three three times.</param>
/// <param name="Tokens">Text tokens of each.</param>
internal sealed record RingSettings(LanguageShape Shape, LanguageShape Memory, int[] Sequences, int Tokens);

/// <summary>What came out.</summary>
/// <param name="Shape">The model.</param>
/// <param name="Ring2Speedup">Text tokens a second of two silos with 2n texts ÷ of one with n; the least of all n.</param>
/// <param name="Ring3Speedup">Of three with 3n ÷ of one with n, each of 60 % of a core.</param>
/// <param name="SingleOverhead">What one text's token takes longer on three silos than on one, without three hops, as a share.</param>
/// <param name="HopP50Ms">Half of what a text token takes longer on two silos than on one, of a model that computes little.</param>
/// <param name="MemoryShareLargest">Memory of the largest of three silos ÷ of one silo, in F32.</param>
/// <param name="PlanError">Text tokens a second as the plan expected them against those measured after the first: the largest difference
/// of two silos and of one text on three, as a share.</param>
/// <param name="TokensPerS">One text on one silo.</param>
/// <param name="WholeRssMb">Memory of one silo with all weights.</param>
/// <param name="ThirdRssMb">Of each of three.</param>
internal sealed record RingFigures(
    string Shape, double Ring2Speedup, double Ring3Speedup, double SingleOverhead, double HopP50Ms, double MemoryShareLargest,
    double PlanError, double TokensPerS, double WholeRssMb, double[] ThirdRssMb);
