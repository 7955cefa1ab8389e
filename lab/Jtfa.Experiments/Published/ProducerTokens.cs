using System.Globalization;
using Jtfa.Core;
using Jtfa.Experiments.Windows;
using Jtfa.Testbed;

namespace Jtfa.Experiments.Published;

/// <summary>
/// Tokens of a trace as the published producers replay them: a view a .npy of tokens × d numbers and a text file of labels. Row i is of the
/// same moment in all views; the moments of which all views came are repeated until there are enough.
/// </summary>
internal sealed class ProducerTokens
{
    private const int Rows = 2000;
    private readonly string _folder;

    /// <summary>Writes the files.</summary>
    /// <exception cref="TestbedException">No moment of the trace has all views.</exception>
    public ProducerTokens(Arrivals trace, int views, string folder)
    {
        _folder = folder;
        var moments = trace.All.GroupBy(arrival => arrival.Moment).OrderBy(moment => moment.Key)
            .Select(moment => moment.DistinctBy(arrival => arrival.View).OrderBy(arrival => arrival.View).ToList())
            .Where(moment => moment.Count == views).ToList();
        if (moments.Count == 0) throw new TestbedException($"The trace has no moment of {views} views: record one of as many cameras");
        Dimension = moments[0][0].Vector.Length;
        for (var view = 0; view < views; view++) Write(view, moments);
    }

    /// <summary>Length d of the tokens.</summary>
    public int Dimension { get; }

    public string File(int view) => Path.Combine(_folder, $"tokens-{view}.npy");

    public string Labels(int view) => Path.Combine(_folder, $"tokens-{view}.labels.txt");

    private void Write(int view, List<List<Arrival>> moments)
    {
        Arrival[] rows = [.. Enumerable.Range(0, Rows).Select(i => moments[i % moments.Count][view])];
        using (var file = System.IO.File.Create(File(view)))
            Npy.Write(file, [.. rows.SelectMany(row => row.Vector.ToArray())], Rows, Dimension);
        System.IO.File.WriteAllLines(Labels(view), rows.Select(row => row.Label.ToString(CultureInfo.InvariantCulture)));
    }
}
