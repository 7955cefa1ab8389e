using Jtfa.Experiments.Windows;

namespace Jtfa.Experiments.Vectors;

/// <summary>How many frames of a way of sending came.</summary>
/// <param name="Begun">Frames of which a chunk came.</param>
/// <param name="Whole">Of these, frames of which all did.</param>
public readonly record struct FrameCounts(long Begun, long Whole);

/// <summary>
/// Puts received chunks together to vectors. They may come in any order and more than once. It holds what was received, never what was
/// claimed, and forgets nothing: it is for the datagrams of one run.
/// </summary>
public sealed class VectorAssembly
{
    // By the header that a frame's chunks have in common, so that chunks which contradict each other are of different frames.
    private readonly Dictionary<VectorChunk, Frame> _frames = [];
    private readonly Dictionary<string, FrameCounts> _counts = [];

    /// <summary>Datagrams that are no chunks of vectors.</summary>
    public long Refused { get; private set; }

    /// <summary>
    /// Frames by the name of their way of sending (<see cref="VectorChunk.Name"/>); ways of which nothing came are not there.
    /// </summary>
    public IReadOnlyDictionary<string, FrameCounts> Counts => _counts;

    /// <summary>Takes a datagram, whatever is in it.</summary>
    /// <param name="datagram">Its payload.</param>
    /// <param name="receivedAt">When it was received, seconds since 1970.</param>
    /// <returns>The frame that is whole with it: received with its last chunk, its scene the name of its way of sending. Else
    /// null.</returns>
    public Arrival? Add(ReadOnlySpan<byte> datagram, double receivedAt)
    {
        if (!VectorChunk.TryParse(datagram, out var chunk, out var numbers))
        {
            Refused++;
            return null;
        }

        var key = chunk with { Index = 0 };
        if (!_frames.TryGetValue(key, out var frame)) _frames[key] = frame = Begin(key);
        if (!frame.Add(chunk.Index, numbers, receivedAt)) return null;
        _counts[key.Name] = _counts[key.Name] with { Whole = _counts[key.Name].Whole + 1 };
        return frame.Take(key);
    }

    private Frame Begin(VectorChunk chunk)
    {
        var counts = _counts.GetValueOrDefault(chunk.Name);
        _counts[chunk.Name] = counts with { Begun = counts.Begun + 1 };
        return new Frame(chunk.Count);
    }

    /// <summary>The chunks of one frame.</summary>
    /// <param name="count">How many it has: as few as the largest d needs.</param>
    private sealed class Frame(int count)
    {
        private readonly byte[]?[] _chunks = new byte[]?[count];
        private int _missing = count;
        private double _receivedAt = double.NegativeInfinity;

        // Whether it is whole now and was not before.
        public bool Add(int index, ReadOnlySpan<byte> numbers, double receivedAt)
        {
            if (_missing == 0 || _chunks[index] is not null) return false;
            _chunks[index] = numbers.ToArray();
            _receivedAt = Math.Max(_receivedAt, receivedAt);
            return --_missing == 0;
        }

        public Arrival Take(VectorChunk chunk)
        {
            var numbers = _chunks.SelectMany(part => part!).ToArray();
            Array.Clear(_chunks); // a repeated chunk is refused because none is missing
            var vector = new float[chunk.Dimension];
            chunk.Decode(numbers, vector);
            var bytes = numbers.Length + (chunk.Count * VectorChunk.HeaderBytes);
            return new Arrival(chunk.Name, chunk.View, chunk.Moment, chunk.Timestamp, _receivedAt, chunk.Label, bytes, vector);
        }
    }
}
