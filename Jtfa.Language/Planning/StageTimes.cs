namespace Jtfa.Language.Planning;

/// <summary>
/// What runs of a model's blocks take of one silo. A block takes as long as the slower of two: reading its weights and the sequences' keys
/// and values, or multiplying (Williams, Waterman and Patterson 2009, "Roofline").
/// </summary>
internal sealed class StageTimes
{
    private readonly SiloSpeed _silo;
    private readonly double[] _seconds;
    private readonly long[] _bytes;
    private readonly double _headSeconds;
    private readonly long _starterBytes;
    private readonly int _heads;

    /// <param name="cost">The model.</param>
    /// <param name="silo">The silo.</param>
    /// <param name="request">Pages and context.</param>
    /// <param name="rows">Text tokens that are computed together.</param>
    public StageTimes(ModelCost cost, SiloSpeed silo, PlanRequest request, int rows)
    {
        (_silo, _starterBytes, _heads) = (silo, cost.StarterBytes, cost.Heads);
        (_seconds, _bytes) = (new double[cost.Blocks + 1], new long[cost.Blocks + 1]);
        var bytes = rows * request.WireBytes * cost.Width;
        var sums = silo.Sums is { } way ? cost.SumsPerBlock * (way.RoundTripSeconds + (2 * bytes / way.BytesPerSecond)) : 0;
        var cached = (double)rows * request.Context * cost.PageBytes / Caches.PagePool.PageTokens;
        for (var block = 0; block < cost.Blocks; block++)
        {
            _seconds[block + 1] = _seconds[block] + sums
                + Seconds(silo, cost.BlockBytes[block] + cached, rows * (double)cost.BlockProducts[block]);
            _bytes[block + 1] = _bytes[block] + cost.BlockBytes[block] + (request.Pages * cost.PageBytes);
        }

        var starter = silo.Shares is [var first, ..] ? first.Silo : silo;
        _headSeconds = Seconds(starter, cost.HeadBytes, rows * (double)cost.HeadProducts);
    }

    /// <summary>Seconds of the blocks first … end − 1 for one batch.</summary>
    public double Seconds(int first, int end, bool starts) => _seconds[end] - _seconds[first] + (starts ? _headSeconds : 0);

    /// <summary>Bytes of memory of the blocks first … end − 1 and their pages.</summary>
    public long Bytes(int first, int end, bool starts) => _bytes[end] - _bytes[first] + (starts ? _starterBytes : 0);

    /// <summary>Whether the silo has the memory for the blocks first … end − 1; of several, each for its share.</summary>
    public bool Fits(int first, int end, bool starts, long more = 0)
    {
        if (_silo.Shares.Count == 0) return Bytes(first, end, starts) - more <= _silo.Bytes;
        for (var i = 0; i < _silo.Shares.Count; i++)
            if (BytesOfShare(i, first, end, starts) - more > _silo.Shares[i].Silo.Bytes) return false;
        return true;
    }

    /// <summary>Bytes of memory of one of several silos that share the blocks first … end − 1.</summary>
    public long BytesOfShare(int share, int first, int end, bool starts) =>
        ((_bytes[end] - _bytes[first]) * _silo.Shares[share].Heads / _heads) + (starts && share == 0 ? _starterBytes : 0);

    /// <summary>The end of the longest run from a block on that fits the silo's memory and takes no longer than a limit.</summary>
    /// <returns><paramref name="first"/> where not even one block does.</returns>
    public int End(int first, bool starts, double limit, long more = 0)
    {
        var (low, high) = (first, _seconds.Length - 1);
        while (low < high)
        {
            var end = (low + high + 1) / 2;
            if (Fits(first, end, starts, more) && Seconds(first, end, starts) <= limit) low = end;
            else high = end - 1;
        }

        return low;
    }

    private static double Seconds(SiloSpeed silo, double bytes, double products) =>
        Math.Max(bytes / silo.ReadBytesPerSecond, products / silo.ProductsPerSecond);
}
