using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Jtfa.Language.Decoding;

/// <summary>The probabilities of the text tokens that a step may choose, after all of its sampler's steps.</summary>
/// <param name="vocabulary">Text tokens of the vocabulary: the most that it can hold.</param>
public sealed class Distribution(int vocabulary)
{
    private readonly int[] _ids = new int[vocabulary];
    private readonly double[] _probabilities = new double[vocabulary];
    private int _count;
    private bool _isWhole;

    /// <summary>Ids, each once.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, _count);

    /// <summary>Their probabilities, whose sum is 1 but for rounding.</summary>
    public ReadOnlySpan<double> Probabilities => _probabilities.AsSpan(0, _count);

    internal Span<int> IdRoom => _ids;

    internal Span<double> Room => _probabilities;

    /// <summary>The probability of an id.</summary>
    public double Of(int id)
    {
        if (_isWhole) return (uint)id < (uint)_count ? _probabilities[id] : 0;
        var index = Ids.IndexOf(id);
        return index < 0 ? 0 : _probabilities[index];
    }

    /// <summary>Draws an id with one random number.</summary>
    public int Sample(ref Xoshiro256 random)
    {
        var (rest, last) = (random.NextDouble(), -1);
        for (var i = 0; i < _count; i++)
        {
            if (_probabilities[i] <= 0) continue;
            rest -= _probabilities[i];
            last = i;
            if (rest < 0) break;
        }
        return _ids[last];
    }

    /// <summary>One id alone.</summary>
    public void SetCertain(int id)
    {
        (_ids[0], _probabilities[0], _count, _isWhole) = (id, 1, 1, false);
    }

    /// <summary>What the rooms hold: ids of them, and weights that become probabilities.</summary>
    internal void Set(int count, double total)
    {
        (_count, _isWhole) = (count, false);
        var (i, divisor) = (0, Vector256.Create(total));
        ref var first = ref MemoryMarshal.GetArrayDataReference(_probabilities);
        for (; i + 4 <= count; i += 4) (Vector256.LoadUnsafe(ref first, (nuint)i) / divisor).StoreUnsafe(ref first, (nuint)i);
        for (; i < count; i++) _probabilities[i] /= total;
    }

    /// <summary>What the room of weights holds, one for every id of the vocabulary.</summary>
    internal void SetWhole(double total)
    {
        if (_count < vocabulary || !_isWhole) for (var id = 0; id < vocabulary; id++) _ids[id] = id;
        Set(vocabulary, total);
        _isWhole = true;
    }
}
