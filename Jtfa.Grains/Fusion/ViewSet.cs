using System.Numerics;

namespace Jtfa.Grains;

/// <summary>View numbers: a bit each up to 63, which covers most scenes, and a list for the others.</summary>
internal readonly struct ViewSet
{
    private readonly ulong _low;
    private readonly int[]? _others;

    /// <summary>A set of views.</summary>
    public ViewSet(ReadOnlySpan<int> views)
    {
        List<int>? others = null;
        foreach (var view in views)
        {
            if (view is >= 0 and < 64) _low |= 1UL << view;
            else (others ??= []).Add(view);
        }

        _others = others is null ? null : [.. others.Distinct().Order()];
    }

    /// <summary>How many views it has.</summary>
    public int Count => BitOperations.PopCount(_low) + (_others?.Length ?? 0);

    /// <summary>How many views this set and another have together.</summary>
    public int CountWith(ViewSet other) => BitOperations.PopCount(_low | other._low)
        + (_others is null || other._others is null ? (_others ?? other._others)?.Length ?? 0 : _others.Union(other._others).Count());

    /// <summary>Its views, ascending.</summary>
    public int[] ToArray()
    {
        var views = new int[Count];
        var count = 0;
        for (var low = _low; low != 0; low &= low - 1) views[count++] = BitOperations.TrailingZeroCount(low);
        _others?.CopyTo(views, count);
        return views;
    }
}
