namespace Jtfa.Silo.Cameras.Fitting;

/// <summary>
/// Parts captures by time: of each capture the first three quarters are fitted on, the rest is held out, and between the two a gap belongs
/// to neither. Neighbouring frames of a video are near copies of each other, so that a split at random would hold out what was fitted on.
/// </summary>
public static class HeldOutSplit
{
    /// <summary>Fewer moments of a capture are not parted: all of them are fitted on.</summary>
    public const int LeastMoments = 8;

    private const double Fitted = 0.75;
    private const double Gap = 0.05;

    /// <summary>Parts the captures of a class.</summary>
    /// <param name="captures">The captures.</param>
    /// <param name="views">Numbers of the views that samples have, in their order.</param>
    /// <returns>Vectors with their moments, to be fitted on and held out.</returns>
    public static (FusedSamples Fitted, FusedSamples HeldOut) Part(IReadOnlyList<Capture> captures, IReadOnlyList<int> views)
    {
        var (fitted, heldOut) = (new SampleBuilder(views.Count), new SampleBuilder(views.Count));
        foreach (var capture in captures)
        {
            var moments = Moments(capture, views);
            var last = moments.Count < LeastMoments ? moments.Count : (int)(moments.Count * Fitted);
            var next = last + (moments.Count < LeastMoments ? 0 : Math.Max(1, (int)Math.Ceiling(moments.Count * Gap)));
            foreach (var moment in moments.Take(last)) fitted.Add(moment);
            foreach (var moment in moments.Skip(next)) heldOut.Add(moment);
        }

        return (fitted.Build(), heldOut.Build());
    }

    // In the order of time; of each view its vector of that tick, or null.
    private static List<float[]?[]> Moments(Capture capture, IReadOnlyList<int> views)
    {
        var moments = new SortedDictionary<long, float[]?[]>();
        foreach (var view in capture.Views)
        {
            for (var i = 0; i < view.Vectors.Count; i++)
            {
                if (!moments.TryGetValue(view.Ticks[i], out var moment)) moments[view.Ticks[i]] = moment = new float[]?[views.Count];
                moment[views.Index().First(one => one.Item == view.View).Index] = view.Vectors[i];
            }
        }

        return [.. moments.Values];
    }

    private sealed class SampleBuilder(int views)
    {
        private readonly List<float[]>[] _vectors = [.. Enumerable.Range(0, views).Select(_ => new List<float[]>())];
        private readonly List<int[]> _moments = [];

        public void Add(float[]?[] moment)
        {
            var indices = new int[moment.Length];
            for (var view = 0; view < moment.Length; view++)
            {
                indices[view] = moment[view] is null ? -1 : _vectors[view].Count;
                if (moment[view] is { } vector) _vectors[view].Add(vector);
            }

            _moments.Add(indices);
        }

        public FusedSamples Build() => new(_vectors, _moments);
    }
}
