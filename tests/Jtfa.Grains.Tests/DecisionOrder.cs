using System.Text.Json;
using System.Threading.Channels;
using Jtfa.Interfaces;

namespace Jtfa.Grains.Tests;

/// <summary>What must hold of a scene's decisions wherever they can be read.</summary>
internal static class DecisionOrder
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// The log, what followers are handed and what the scene shows are the same, and nothing is in them twice. The scene has one decision
    /// more afterwards.
    /// </summary>
    public static async Task ExpectOneOrderAsync(TestSilo silo, ChannelReader<Decision> published, int count)
    {
        var rows = silo.Log.Rows;
        Assert.Equal(count, rows.Select(row => row.Id).Distinct().Count());
        Assert.Equal(count, rows.Length);

        Assert.Equal(rows.Select(Written), (await silo.Scene.GetRecentAsync(count + 1, Cancellation)).Select(Written));

        // One more behind them, by the same way: so nothing else was published before it.
        await silo.Scene.ReportAsync(SampleDecision.Create(silo, long.MaxValue, gt: -1));
        foreach (var row in silo.Log.Rows) Assert.Equal(Written(row), Written(await published.ReadAsync(Cancellation)));
        Assert.Equal(long.MaxValue, silo.Log.Rows[^1].Id);
        Assert.False(published.TryRead(out _));
    }

    /// <summary>Each row's running accuracy is that of the rows up to it.</summary>
    public static void ExpectRunningAccuracy(IEnumerable<Decision> rows, SceneTotals before)
    {
        var (labelled, correct) = (before.Labelled, before.Correct);
        foreach (var row in rows)
        {
            if (row.Gt >= 0) labelled++;
            if (row.Gt == row.Pred) correct++;
            Assert.Equal(labelled == 0 ? double.NaN : (double)correct / labelled, row.AccRunning);
        }
    }

    // Orleans copies what crosses its borders, and an array is equal only to itself: so decisions are compared as they are written.
    private static string Written(Decision decision) => JsonSerializer.Serialize(decision, JtfaJson.Options);
}
