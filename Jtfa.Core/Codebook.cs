using System.Numerics;
using System.Runtime.InteropServices;

namespace Jtfa.Core;

/// <summary>
/// Vectors that stand for others: a vector is told by the number of the entry nearest to it. Trained by k-means++ (Arthur and
/// Vassilvitskii, SODA 2007) and Lloyd's algorithm (IEEE Transactions on Information Theory 28, 1982). Immutable; finding an entry
/// allocates nothing.
/// </summary>
public sealed class Codebook
{
    private const int MostRounds = 100;

    private readonly float[] _entries;

    /// <summary>A codebook of given entries.</summary>
    /// <param name="entries">n × d, row-major, finite.</param>
    /// <param name="dimension">d, 1 … <see cref="TokenPacket.MaxDimension"/>.</param>
    /// <exception cref="ArgumentException">There is no entry, the length is no multiple of d, or a number is not finite.</exception>
    public Codebook(ReadOnlySpan<float> entries, int dimension)
    {
        Check(entries, dimension, nameof(entries));
        (_entries, Dimension) = (entries.ToArray(), dimension);
    }

    /// <summary>Length d of the entries.</summary>
    public int Dimension { get; }

    /// <summary>Entries.</summary>
    public int Count => _entries.Length / Dimension;

    /// <summary>An entry.</summary>
    public ReadOnlySpan<float> this[int index] => _entries.AsSpan(index * Dimension, Dimension);

    /// <summary>Trains a codebook; the same seed gives the same.</summary>
    /// <param name="vectors">m × d, row-major, finite.</param>
    /// <param name="dimension">d.</param>
    /// <param name="count">Entries wanted, 1 … m; where fewer vectors are distinct, some entries are equal.</param>
    /// <param name="seed">Of the first entries' draw.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ArgumentException">As the constructor's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The count is outside its range.</exception>
    public static Codebook Train(
        ReadOnlySpan<float> vectors, int dimension, int count, int seed, CancellationToken cancellationToken = default)
    {
        Check(vectors, dimension, nameof(vectors));
        var m = vectors.Length / dimension;
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, m);
        var book = new Codebook(DrawFirst(vectors, dimension, count, new Random(seed), cancellationToken), dimension);
        var (nearest, distances) = (new int[m], new float[m]);
        Array.Fill(nearest, -1);
        for (var round = 0; round < MostRounds; round++)
        {
            var moved = false;
            for (var i = 0; i < m; i++)
            {
                if (i % 1024 == 0) cancellationToken.ThrowIfCancellationRequested();
                var entry = book.Nearest(vectors.Slice(i * dimension, dimension), out distances[i]);
                moved |= nearest[i] != entry;
                nearest[i] = entry;
            }

            if (!moved) break;
            book.MoveToMeans(vectors, nearest, distances);
        }

        return book;
    }

    /// <summary>The number of the entry nearest to a vector, ties to the smaller.</summary>
    /// <param name="vector">d numbers.</param>
    /// <exception cref="ArgumentException">The length is not d.</exception>
    public int Nearest(ReadOnlySpan<float> vector) => Nearest(vector, out _);

    private static void Check(ReadOnlySpan<float> vectors, int dimension, string name)
    {
        if (dimension is < 1 or > TokenPacket.MaxDimension)
            throw new ArgumentException($"d={dimension}: allowed is 1 … {TokenPacket.MaxDimension}.", nameof(dimension));
        if (vectors.IsEmpty || vectors.Length % dimension != 0)
            throw new ArgumentException($"{vectors.Length} numbers: allowed is a multiple of d={dimension} above 0.", name);
        foreach (var value in vectors)
            if (!float.IsFinite(value)) throw new ArgumentException("A number is not finite.", name);
    }

    // The first at random, each further one with a probability that grows with the square of its distance from those before it.
    private static float[] DrawFirst(
        ReadOnlySpan<float> vectors, int dimension, int count, Random random, CancellationToken cancellationToken)
    {
        var m = vectors.Length / dimension;
        var (entries, least) = (new float[count * dimension], new double[m]);
        Array.Fill(least, double.PositiveInfinity);
        var next = random.Next(m);
        for (var entry = 0; ; entry++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var drawn = vectors.Slice(next * dimension, dimension);
            drawn.CopyTo(entries.AsSpan(entry * dimension));
            if (entry == count - 1) return entries;
            var sum = 0.0;
            for (var i = 0; i < m; i++)
            {
                least[i] = Math.Min(least[i], SquaredDistance(vectors.Slice(i * dimension, dimension), drawn));
                sum += least[i];
            }

            next = Draw(least, random.NextDouble() * sum);
        }
    }

    private static int Draw(double[] weights, double at)
    {
        var drawn = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            if (weights[i] <= 0) continue;
            drawn = i;
            at -= weights[i];
            if (at < 0) break;
        }

        return drawn;
    }

    private int Nearest(ReadOnlySpan<float> vector, out float distance)
    {
        if (vector.Length != Dimension) throw new ArgumentException($"{vector.Length} numbers: expected {Dimension}.", nameof(vector));
        var nearest = 0;
        distance = float.PositiveInfinity;
        for (var entry = 0; entry < Count; entry++)
        {
            var to = SquaredDistance(vector, this[entry]);
            if (to < distance) (nearest, distance) = (entry, to);
        }

        return nearest;
    }

    // An entry that is nearest to none moves to the vector that is furthest from its own.
    private void MoveToMeans(ReadOnlySpan<float> vectors, ReadOnlySpan<int> nearest, Span<float> distances)
    {
        var (sums, members) = (new double[_entries.Length], new int[Count]);
        for (var i = 0; i < nearest.Length; i++)
        {
            var sum = sums.AsSpan(nearest[i] * Dimension, Dimension);
            for (var j = 0; j < Dimension; j++) sum[j] += vectors[(i * Dimension) + j];
            members[nearest[i]]++;
        }

        for (var entry = 0; entry < members.Length; entry++)
        {
            var place = _entries.AsSpan(entry * Dimension, Dimension);
            if (members[entry] == 0)
            {
                var furthest = IndexOfMax(distances);
                vectors.Slice(furthest * Dimension, Dimension).CopyTo(place);
                distances[furthest] = 0;
                continue;
            }

            for (var j = 0; j < Dimension; j++) place[j] = (float)(sums[(entry * Dimension) + j] / members[entry]);
        }
    }

    private static int IndexOfMax(ReadOnlySpan<float> values)
    {
        var most = 0;
        for (var i = 1; i < values.Length; i++)
            if (values[i] > values[most]) most = i;
        return most;
    }

    private static float SquaredDistance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var wideA = MemoryMarshal.Cast<float, Vector<float>>(a);
        var wideB = MemoryMarshal.Cast<float, Vector<float>>(b);
        var sums = Vector<float>.Zero;
        for (var i = 0; i < wideA.Length; i++)
        {
            var difference = wideA[i] - wideB[i];
            sums += difference * difference;
        }

        var sum = Vector.Sum(sums);
        for (var i = wideA.Length * Vector<float>.Count; i < a.Length; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
        return sum;
    }
}
