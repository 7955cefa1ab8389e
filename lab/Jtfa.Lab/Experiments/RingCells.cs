using Jtfa.Experiments.Results;
using Jtfa.Experiments.Runs;
using Jtfa.Lab.Bench;
using Jtfa.Language.Weights;

namespace Jtfa.Lab.Experiments;

/// <summary>Measures a cell of the ring's experiment as <c>jtfa bench ring</c> does.</summary>
internal static class RingCells
{
    private const double Share = 0.6; // of a core, for three silos on two cores

    /// <summary>Runs it.</summary>
    /// <returns>What was measured, by <see cref="ValueNames"/>.</returns>
    public static async Task<IReadOnlyDictionary<string, double>> RunAsync(RingCell cell, ulong seed, CancellationToken cancellationToken)
    {
        using var group = new RingGroup();
        var shape = LanguageShape.All.First(known => known.Name == cell.Model);
        var part = new RingPart(
            shape.Prepare(WeightFormat.Find("Q4_0")!), cell.Silos == 1 ? [shape.Blocks] : shape.SplitOver(cell.Silos, inMemory: false),
            cell.Silos * cell.TextsPerSilo, cell.Tokens)
        {
            Share = Share,
            IsForecast = true,
            Link = cell.Profile,
            Seed = seed,
        };
        var run = await group.RunAsync(part, cancellationToken);
        var values = new Dictionary<string, double>
        {
            [ValueNames.TokensPerSecond] = run.TokensPerS,
            [ValueNames.TimePerToken] = run.TpotP50Ms,
            [ValueNames.Forecast] = run.ForecastTokensPerS / run.DecodeTokensPerS,
            [ValueNames.LargestMemory] = run.RssMb.Max(),
            [ValueNames.Seconds] = run.Seconds,
        };
        if (run.LinkBytes > 0) values[ValueNames.BytesPerToken] = (double)run.LinkBytes / (part.Sequences * part.Tokens);
        for (var silo = 0; silo < run.Busy.Length; silo++) values[ValueNames.Idle(silo + 1)] = Math.Max(0, 1 - (run.Busy[silo] / Share));
        for (var tenth = 0; tenth < run.TokensByTenth.Length; tenth++)
            values[ValueNames.TokensAfter(tenth + 1)] = run.TokensByTenth[tenth];
        return values;
    }
}
