using System.Runtime.InteropServices;

namespace Jtfa.Language.Decoding;

/// <summary>
/// A number for each n-gram of a growing text, found in O(n). Keys are places in the text, compared id by id, so that equal hashes never
/// mix two n-grams.
/// </summary>
internal sealed class NgramTable
{
    private readonly List<int> _text = [];
    private readonly List<Entry> _entries = [];
    // Indices of entries plus one, by open addressing; twice as many as entries at least.
    private int[] _slots = new int[1024];

    private struct Entry(int start, int length, uint hash)
    {
        public readonly int Start = start;
        public readonly int Length = length;
        public readonly uint Hash = hash;
        public int Value;
    }

    public List<int> Text => _text;

    /// <summary>The number of the n-gram of so many last ids of the text and one id after them; 0 when it has none.</summary>
    public int Find(int context, int last) => Find(context, _text.Count - context, last);

    /// <summary>The number of the n-gram of the ids at a place and one id after them; 0 when it has none.</summary>
    public int Find(int context, int start, int last)
    {
        var index = _slots[Slot(start, context, last)];
        return index == 0 ? 0 : _entries[index - 1].Value;
    }

    /// <summary>The number of the text's last n-gram that ends so many ids before its end.</summary>
    public ref int At(int length, int before = 0)
    {
        var start = _text.Count - before - length;
        var slot = Slot(start, length - 1, _text[start + length - 1]);
        if (_slots[slot] == 0)
        {
            _entries.Add(new(start, length, Hash(start, length - 1, _text[start + length - 1])));
            if (2 * _entries.Count > _slots.Length) Grow();
            else _slots[slot] = _entries.Count;
            return ref Value(_entries.Count);
        }
        return ref Value(_slots[slot]);
    }

    /// <summary>Forgets the n-gram that became known last; the text still holds it.</summary>
    public void ForgetLast()
    {
        var entry = _entries[^1];
        // No later n-gram lies behind it on its path, since slots are filled in the order of entries.
        _slots[Slot(entry.Start, entry.Length - 1, _text[entry.Start + entry.Length - 1])] = 0;
        _entries.RemoveAt(_entries.Count - 1);
    }

    private ref int Value(int index) => ref CollectionsMarshal.AsSpan(_entries)[index - 1].Value;

    private void Grow()
    {
        _slots = new int[2 * _slots.Length];
        for (var i = 0; i < _entries.Count; i++)
        {
            var slot = (int)(_entries[i].Hash & (uint)(_slots.Length - 1));
            while (_slots[slot] != 0) slot = (slot + 1) & (_slots.Length - 1);
            _slots[slot] = i + 1;
        }
    }

    private int Slot(int start, int context, int last)
    {
        var hash = Hash(start, context, last);
        for (var slot = (int)(hash & (uint)(_slots.Length - 1)); ; slot = (slot + 1) & (_slots.Length - 1))
        {
            if (_slots[slot] == 0) return slot;
            var entry = _entries[_slots[slot] - 1];
            if (entry.Hash == hash && entry.Length == context + 1 && Same(entry, start, context, last)) return slot;
        }
    }

    private bool Same(Entry entry, int start, int context, int last)
    {
        for (var i = 0; i < context; i++) if (_text[entry.Start + i] != _text[start + i]) return false;
        return _text[entry.Start + context] == last;
    }

    private uint Hash(int start, int context, int last)
    {
        var hash = (ulong)context;
        for (var i = 0; i < context; i++) hash = Mixed(hash, _text[start + i]);
        return (uint)(Mixed(hash, last) >> 32);
    }

    private static ulong Mixed(ulong hash, int id)
    {
        hash = (hash ^ (uint)id) * 0x9E3779B97F4A7C15;
        return hash ^ (hash >> 29);
    }
}
