namespace Jtfa.Core;

/// <summary>
/// The tokens of the last windows of a lane that fired, for whoever asks how they were weighed. To keep a window's is a copy of some
/// hundred bytes into a place that is used again; what they weighed is computed when it is asked for. Not thread-safe: it belongs to one
/// grain.
/// </summary>
/// <param name="kept">Windows that are kept.</param>
public sealed class FiredTokens(int kept)
{
    private readonly Entry[] _entries = new Entry[kept];
    private int _next;

    /// <summary>Keeps what a window has fused, in place of the oldest.</summary>
    /// <param name="window">The window; it has fired.</param>
    /// <param name="trace">The trace of its decision; null where there is none.</param>
    public void Keep(LaneWindow window, string? trace = null)
    {
        ArgumentNullException.ThrowIfNull(window);
        ref var entry = ref _entries[_next];
        _next = (_next + 1) % _entries.Length;
        var fused = window.Tokens.Fused;
        if (entry.Block is null || entry.Block.Length < fused.Length) entry.Block = new byte[fused.Length];
        fused.CopyTo(entry.Block);
        (entry.Length, entry.Decision, entry.ClockEpoch) = (fused.Length, window.Decision, window.ClockEpoch);
        (entry.Beta, entry.Trace) = (window.Rule.Beta, trace);
    }

    /// <summary>The tokens that a window fused, by view; null where they are not kept any more.</summary>
    /// <param name="decision">Its decision id.</param>
    /// <param name="clockEpoch">Its clock epoch.</param>
    /// <param name="head">The head that decided.</param>
    public (FusedToken[] Tokens, double Beta, string? Trace)? Find(long decision, int clockEpoch, FusionHead head)
    {
        foreach (ref var entry in _entries.AsSpan())
        {
            if (entry.Length > 0 && entry.Decision == decision && entry.ClockEpoch == clockEpoch)
                return (Weigh(new TokenBlock(entry.Block.AsSpan(0, entry.Length)), head, entry.Beta), entry.Beta, entry.Trace);
        }

        return null;
    }

    private static FusedToken[] Weigh(TokenBlock block, FusionHead head, double beta)
    {
        var (m, d) = (block.Count, block.Dimension);
        var (views, order) = (new int[m], new int[m]);
        block.OrderByView(views, order);
        var (vectors, qualities, weights) = (new float[m * d], new float[m], new float[m]);
        block.Decode(order, vectors, qualities);
        head.Fuse(vectors, qualities, beta, weights, new float[d]);
        var tokens = new FusedToken[m];
        for (var i = 0; i < m; i++)
        {
            ref readonly var header = ref block.Header(order[i]);
            tokens[i] = new FusedToken(
                header.View, weights[i], header.Timestamp, header.ReceivedAt, header.Quality, header.Label, header.Bytes, header.Encoding,
                vectors[(i * d)..((i + 1) * d)]);
        }

        return tokens;
    }

    private struct Entry
    {
        public byte[]? Block;
        public int Length;
        public long Decision;
        public int ClockEpoch;
        public double Beta;
        public string? Trace;
    }
}
