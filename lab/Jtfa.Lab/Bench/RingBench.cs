using System.Diagnostics;
using System.Security.Cryptography;
using Jtfa.Language.Weights;
using Jtfa.Testbed.Hosts;

namespace Jtfa.Lab.Bench;

/// <summary>
/// One model of random weights on one, two and three silos, each a process with one computing thread: what several gain, what a hop costs,
/// and how much memory the largest has. Figures that are set against each other are of one run.
/// </summary>
internal static class RingBench
{
    private const double ThirdShare = 0.6; // of a core, for each of three silos on two cores

    public static async Task<RingFigures> RunAsync(RingSettings settings, CancellationToken cancellationToken)
    {
        var file = settings.Shape.Prepare(WeightFormat.Find("Q4_0")!);
        var blocks = settings.Shape.Blocks;
        Task<RingRun> RunOf(string model, int[] split, int sequences, int tokens, double share = 1) =>
            RunSilosAsync(model, split, sequences, tokens, share, cancellationToken);
        List<(int Sequences, double Two, double Three)> speedUps = [];
        foreach (var n in settings.Sequences)
        {
            var one = await RunOf(file, [blocks], n, settings.Tokens);
            var two = await RunOf(file, Even(blocks, 2), 2 * n, settings.Tokens);
            var slow = await RunOf(file, [blocks], n, settings.Tokens, ThirdShare);
            var three = await RunOf(file, Even(blocks, 3), 3 * n, settings.Tokens, ThirdShare);
            speedUps.Add((n, two.TokensPerS / one.TokensPerS, three.TokensPerS / slow.TokensPerS));
        }

        // What a model costs that computes next to nothing, on two silos more than on one, is two hops.
        var wide = LanguageShape.All.First(shape => shape.Name == "wide-2").Prepare(WeightFormat.Find("Q4_0")!);
        var here = await RunOf(wide, [2], 1, 400);
        var there = await RunOf(wide, [1, 1], 1, 400);
        var hop = (there.TpotP50Ms - here.TpotP50Ms) / 2;

        var alone = await RunOf(file, [blocks], 1, settings.Tokens);
        var through = await RunOf(file, Even(blocks, 3), 1, settings.Tokens);
        var overhead = (through.TpotP50Ms - alone.TpotP50Ms - (3 * hop)) / alone.TpotP50Ms;

        var nano = LanguageShape.All.First(shape => shape.Name == "nanollama-304m");
        var nanoFile = nano.Prepare(WeightFormat.Find("F32")!);
        var whole = await RunOf(nanoFile, [nano.Blocks], 1, 8);
        var third = await RunOf(nanoFile, Even(nano.Blocks, 3), 1, 8);
        return new RingFigures(
            settings.Shape.Name, speedUps.Min(speedUp => speedUp.Two), speedUps.Min(speedUp => speedUp.Three), overhead, hop,
            third.RssMb / whole.RssMb, alone.TokensPerS, whole.RssMb, third.RssMb);
    }

    // The starter has the head besides: its part of the blocks is not the largest.
    private static int[] Even(int blocks, int stages) =>
        [.. Enumerable.Range(0, stages).Select(stage => ((stage + 1) * blocks / stages) - (stage * blocks / stages))];

    private static async Task<RingRun> RunSilosAsync(
        string file, int[] split, int sequences, int tokens, double share, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("jtfa-bench-");
        List<Process> silos = [];
        try
        {
            var secret = Convert.ToHexString(RandomNumberGenerator.GetBytes(32));
            int[] ports = [.. split.Select(_ => SiloBeside.FreePort())];
            for (var stage = 0; stage < split.Length; stage++)
            {
                silos.Add(BenchProcess.Start(
                [
                    $"bench", $"ring-silo", $"--name", $"{RingSilo.NameOf(stage)}", $"--port", $"{ports[stage]}",
                    $"--primary", $"{ports[0]}", $"--secret", $"{secret}", $"--file", $"{file}", $"--blocks", $"{string.Join(',', split)}",
                    $"--log", $"{Path.Combine(folder.FullName, $"{stage}.db")}", $"--sequences", $"{(stage == 0 ? sequences : 0)}",
                    $"--tokens", $"{tokens}",
                ]));
            }

            await using var cycle = new DutyCycle([.. silos.Select(silo => silo.Id)], share);
            return await BenchProcess.ReportOfAsync<RingRun>(silos[0], "starter").WaitAsync(cancellationToken);
        }
        finally
        {
            foreach (var silo in silos)
            {
                silo.Kill();
                await silo.WaitForExitAsync(CancellationToken.None);
                silo.Dispose();
            }

            folder.Delete(recursive: true);
        }
    }
}

/// <summary>What is measured.</summary>
/// <param name="Shape">The model.</param>
/// <param name="Sequences">Texts at once on one silo; two have twice as many, three three times.</param>
/// <param name="Tokens">Text tokens of each.</param>
internal sealed record RingSettings(LanguageShape Shape, int[] Sequences, int Tokens);

/// <summary>What came out.</summary>
/// <param name="Shape">The model.</param>
/// <param name="Ring2Speedup">Text tokens a second of two silos with 2n texts ÷ of one with n; the least of all n.</param>
/// <param name="Ring3Speedup">Of three with 3n ÷ of one with n, each of 60 % of a core.</param>
/// <param name="SingleOverhead">What one text's token takes longer on three silos than on one, without three hops, as a share.</param>
/// <param name="HopP50Ms">Half of what a text token takes longer on two silos than on one, of a model that computes little.</param>
/// <param name="MemoryShareLargest">Memory of the starter of three silos ÷ of one silo, of 304M weights in F32.</param>
/// <param name="TokensPerS">One text on one silo.</param>
/// <param name="WholeRssMb">That one silo's memory.</param>
/// <param name="StarterRssMb">That starter's.</param>
internal sealed record RingFigures(
    string Shape, double Ring2Speedup, double Ring3Speedup, double SingleOverhead, double HopP50Ms, double MemoryShareLargest,
    double TokensPerS, double WholeRssMb, double StarterRssMb);
