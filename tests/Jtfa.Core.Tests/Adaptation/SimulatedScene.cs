namespace Jtfa.Core.Tests.Adaptation;

/// <summary>
/// Cameras behind links, and an adaptation that is told of their windows when these have gone, as a scene is: windows open in time with the
/// cameras, and go <see cref="Stay"/> after. All is drawn from a seed; time is what the steps make it.
/// </summary>
internal sealed class SimulatedScene(AdaptationRule rule, int seed)
{
    private readonly Random _random = new(seed);
    private readonly Queue<(double OpenedAt, int[] Views, double[] Delays)> _open = new();

    /// <summary>How long a window stays: the longest T and a linger of a quarter of a second.</summary>
    public double Stay { get; } = rule.TMax + 0.25;

    public WindowAdaptation Adaptation { get; } = new(rule);

    /// <summary>Captures a second.</summary>
    public double Rate { get; set; } = 20;

    /// <summary>Each view's delay on its way, seconds; null: it is silent.</summary>
    public Func<Random, double>?[] Links { get; set; } = [.. Enumerable.Repeat(Near, 4)];

    /// <summary>The share of tokens that is lost.</summary>
    public double Loss { get; set; }

    public double Now { get; private set; }

    /// <summary>Every change of K and T, and when.</summary>
    public List<(double At, int K, double T)> Changes { get; } = [];

    /// <summary>3 ms, ±1.</summary>
    public static double Near(Random random) => Math.Abs(0.003 + (0.001 * Normal(random)));

    /// <summary>80 ms, ±5.</summary>
    public static double Far(Random random) => 0.080 + (0.005 * Normal(random));

    /// <summary>Lets so many seconds pass.</summary>
    public void Run(double seconds)
    {
        for (var end = Now + seconds; Now < end; Now += 1 / Rate)
        {
            while (_open.TryPeek(out var gone) && gone.OpenedAt + Stay <= Now)
            {
                _open.Dequeue();
                var (k, t) = (Adaptation.K, Adaptation.T);
                Adaptation.Take(gone.Views, gone.Delays, gone.OpenedAt);
                if ((k, t) != (Adaptation.K, Adaptation.T)) Changes.Add((Now, Adaptation.K, Adaptation.T));
            }

            var tokens = Links.Select((link, view) => (View: view, Link: link)).Where(view => view.Link is not null)
                .Where(_ => _random.NextDouble() >= Loss)
                .Select(view => (view.View, At: Now + view.Link!(_random))).OrderBy(token => token.At).ToList();
            if (tokens.Count == 0) continue;
            var opened = tokens[0].At;
            tokens.RemoveAll(token => token.At - opened > Stay);
            _open.Enqueue((opened, [.. tokens.Select(token => token.View)], [.. tokens.Select(token => token.At - opened)]));
        }
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
