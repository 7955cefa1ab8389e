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

    /// <summary>Its views, ascending.</summary>
    public int[] ToArray()
    {
        var views = new int[BitOperations.PopCount(_low) + (_others?.Length ?? 0)];
        var count = 0;
        for (var low = _low; low != 0; low &= low - 1) views[count++] = BitOperations.TrailingZeroCount(low);
        _others?.CopyTo(views, count);
        return views;
    }
}
