namespace Jtfa.Grains;

/// <summary>
/// The last of many values, in an array that grows to its limit and is then reused, so that values make no work for the garbage
/// collector.
/// </summary>
/// <param name="most">How many it holds, at most.</param>
internal sealed class Ring<T>(int most)
    where T : struct
{
    private T[] _values = [];
    private int _oldest;

    /// <summary>Values held.</summary>
    public int Count { get; private set; }

    /// <summary>A value, counted from the oldest.</summary>
    public ref T this[int index] => ref _values[(_oldest + index) % _values.Length];

    /// <summary>Adds a value; when the ring is full, it replaces the oldest.</summary>
    public void Add(in T value)
    {
        if (Count == _values.Length && Count < most) Grow();
        if (Count == most) _oldest = (_oldest + 1) % most;
        else Count++;
        this[Count - 1] = value;
    }

    /// <summary>The last values, at most <paramref name="count"/>, oldest first, each made into something else.</summary>
    public TResult[] Last<TResult>(int count, Func<T, TResult> make)
    {
        var last = new TResult[Math.Min(count, Count)];
        for (var i = 0; i < last.Length; i++) last[i] = make(this[Count - last.Length + i]);
        return last;
    }

    // The ring grows only before it wraps around, so the oldest value is still the first of the array.
    private void Grow() => Array.Resize(ref _values, Math.Min(most, Math.Max(8, 2 * _values.Length)));
}
