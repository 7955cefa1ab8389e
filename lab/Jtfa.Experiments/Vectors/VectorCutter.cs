using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Jtfa.Core;

namespace Jtfa.Experiments.Vectors;

/// <summary>Cuts one camera's vectors into datagrams. Its buffers hold one vector's at a time. Used by one caller at a time.</summary>
/// <param name="what">Which vectors they are.</param>
/// <param name="format">How their numbers are sent.</param>
/// <param name="view">The camera's view, 0 or more.</param>
public sealed class VectorCutter(VectorKind what, VectorFormat format, int view)
{
    private readonly byte[] _numbers = new byte[TokenPacket.MaxDimension * sizeof(float)];
    private readonly List<(byte[] Buffer, int Length)> _datagrams = [];

    /// <summary>Cuts a vector.</summary>
    /// <param name="vector">1 … <see cref="TokenPacket.MaxDimension"/> finite numbers.</param>
    /// <param name="moment">The number of its tick.</param>
    /// <param name="timestamp">When its frame was taken, seconds since 1970.</param>
    /// <param name="label">Ground truth; −1 unknown.</param>
    /// <returns>How many datagrams there are, each in <see cref="Datagram"/> until the next vector is cut.</returns>
    /// <exception cref="ArgumentException">The vector or another value is outside its range.</exception>
    public int Cut(ReadOnlySpan<float> vector, long moment, double timestamp, int label)
    {
        var scale = Encode(vector);
        var width = format == VectorFormat.Int8 ? sizeof(sbyte) : sizeof(float);
        var first = new VectorChunk(what, format, view, moment, timestamp, label, scale, vector.Length, 0);
        for (var i = 0; i < first.Count; i++)
        {
            if (i == _datagrams.Count) _datagrams.Add((new byte[VectorChunk.MaxDatagramBytes], 0));
            var (chunk, buffer) = (first with { Index = i }, _datagrams[i].Buffer);
            _datagrams[i] = (buffer, chunk.Write(_numbers.AsSpan(chunk.Begin * width, chunk.Numbers * width), buffer));
        }

        return first.Count;
    }

    /// <summary>One of the datagrams of the vector that was cut last.</summary>
    public ReadOnlyMemory<byte> Datagram(int index) => _datagrams[index].Buffer.AsMemory(0, _datagrams[index].Length);

    // Returns the scale.
    private double Encode(ReadOnlySpan<float> vector)
    {
        if (vector.Length is < 1 or > TokenPacket.MaxDimension)
            throw new ArgumentException($"A vector of {vector.Length} numbers: allowed is 1 … {TokenPacket.MaxDimension}.", nameof(vector));
        if (format == VectorFormat.Int8)
            return TokenCodec.Encode(vector, TokenEncoding.Plain, 0, MemoryMarshal.Cast<byte, sbyte>(_numbers.AsSpan(0, vector.Length)));
        if (vector.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue) is >= 0 and var i)
            throw new ArgumentException($"A vector whose number {i} is {vector[i]}: allowed are finite ones.", nameof(vector));
        for (var n = 0; n < vector.Length; n++) BinaryPrimitives.WriteSingleLittleEndian(_numbers.AsSpan(n * sizeof(float)), vector[n]);
        return 1;
    }
}
