using System.Buffers.Binary;
using FsCheck.Fluent;
using Jtfa.Core;
using Jtfa.Experiments.Vectors;

namespace Jtfa.Experiments.Tests;

/// <summary>Datagrams of vectors: what is written is read, and nothing else is.</summary>
public sealed class VectorChunkTests
{
    [Fact]
    public void Every_chunk_that_is_cut_is_read_as_it_was_written() => VectorCase.Holds(VectorCase.Any, vector =>
    {
        var datagrams = vector.Cut();
        Assert.Equal(((vector.Values.Length - 1) / vector.PerChunk) + 1, datagrams.Count);
        for (var i = 0; i < datagrams.Count; i++)
        {
            Assert.True(VectorChunk.TryParse(datagrams[i], out var chunk, out var numbers));
            Assert.Equal(
                (vector.What, vector.Format, vector.View, vector.Moment, vector.Timestamp, vector.Label, vector.Values.Length, i,
                    datagrams.Count),
                (chunk.What, chunk.Format, chunk.View, chunk.Moment, chunk.Timestamp, chunk.Label, chunk.Dimension, chunk.Index,
                    chunk.Count));
            Assert.InRange(datagrams[i].Length, VectorChunk.HeaderBytes + 1, VectorChunk.MaxDatagramBytes);
            var copy = new byte[VectorChunk.MaxDatagramBytes];
            Assert.Equal(datagrams[i], copy[..chunk.Write(numbers, copy)]);
        }
    });

    [Fact]
    public void Bytes_are_where_the_layout_says()
    {
        var datagram = Assert.Single(
            new VectorCase(VectorKind.FeatureMap, VectorFormat.Fp32, 3, 0x0102030405060708, 1.5, -1, [2, -0.25f]).Cut());
        byte[] expected =
        [
            0x4A, 0x54, 0x46, 0x56, 1, 1, 1, 0, 3, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 8, 7, 6, 5, 4, 3, 2, 1,
            0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0x40, 0, 0, 0x80, 0xBE,
        ];
        Assert.Equal(expected, datagram);
    }

    [Fact]
    public void A_chunk_cut_short_or_lengthened_is_refused() => VectorCase.Holds(VectorCase.Any, vector =>
    {
        foreach (var datagram in vector.Cut())
        {
            Assert.False(VectorChunk.TryParse(datagram.AsSpan(0, datagram.Length - 1), out _, out _));
            Assert.False(VectorChunk.TryParse(datagram.AsSpan(0, VectorChunk.HeaderBytes), out _, out _));
            Assert.False(VectorChunk.TryParse([.. datagram, 0], out _, out _));
        }
    });

    [Fact]
    public void Whatever_bytes_are_changed_it_is_refused_or_a_chunk_with_all_fields_in_range()
    {
        var changes = ArbMap.Default.GeneratorFor<byte>()
            .SelectMany(value => Gen.Choose(0, VectorChunk.HeaderBytes + 8), (value, at) => (at, value)).ListOf();
        VectorCase.Holds(VectorCase.Any.SelectMany(vector => changes, (vector, change) => (vector, change)), both =>
        {
            var datagram = both.vector.Cut()[^1];
            foreach (var (at, value) in both.change.Where(change => change.at < datagram.Length)) datagram[at] = value;
            AssertRefusedOrValid(datagram);
        });
    }

    [Fact]
    public void Garbage_is_refused()
    {
        var noise = Gen.Choose(0, 2000).SelectMany(length => Gen.ArrayOf(ArbMap.Default.GeneratorFor<byte>(), length));
        VectorCase.Holds(noise, bytes => Assert.False(VectorChunk.TryParse(bytes, out _, out _)));
        VectorCase.Holds(noise, bytes => AssertRefusedOrValid([.. "JTFV\u0001"u8, .. bytes]));
    }

    [Theory]
    [InlineData(4, 2)] // version
    [InlineData(5, 2)] // what
    [InlineData(6, 2)] // format
    [InlineData(7, 1)] // what is zero
    [InlineData(11, 0x80)] // view −2³¹ …
    [InlineData(15, 0x80)] // label −2³¹ …
    [InlineData(41, 0xFF)] // d beyond what there may be
    [InlineData(42, 2)] // a chunk of 2 whose number is 2
    [InlineData(44, 3)] // more chunks than d needs
    [InlineData(45, 0xFF)]
    [InlineData(39, 0xBF)] // a scale below 0
    public void A_field_outside_its_range_is_refused(int at, byte value)
    {
        var datagram = new VectorCase(VectorKind.FeatureMap, VectorFormat.Fp32, 1, 5, 1.7e9, 4, [.. Enumerable.Repeat(1f, 576)]).Cut()[0];
        Assert.True(VectorChunk.TryParse(datagram, out _, out _));
        datagram[at] = value;
        Assert.False(VectorChunk.TryParse(datagram, out _, out _));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(0)]
    [InlineData(1e21)]
    public void A_scale_that_is_none_is_refused(double scale)
    {
        var datagram = new VectorCase(VectorKind.Penultimate, VectorFormat.Int8, 1, 5, 1.7e9, 4, [1, 2]).Cut()[0];
        BinaryPrimitives.WriteDoubleLittleEndian(datagram.AsSpan(32), scale);
        Assert.False(VectorChunk.TryParse(datagram, out _, out _));
    }

    [Fact]
    public void Numbers_that_are_not_finite_are_refused()
    {
        var datagram = new VectorCase(VectorKind.Penultimate, VectorFormat.Fp32, 1, 5, 1.7e9, 4, [1, 2]).Cut()[0];
        BinaryPrimitives.WriteSingleLittleEndian(datagram.AsSpan(VectorChunk.HeaderBytes + 4), float.NaN);
        Assert.False(VectorChunk.TryParse(datagram, out _, out _));
        Assert.Throws<ArgumentException>(
            () => new VectorCase(VectorKind.Penultimate, VectorFormat.Fp32, 1, 5, 1.7e9, 4, [1, float.NaN]).Cut());
        Assert.Throws<ArgumentException>(() => new VectorCase(VectorKind.Penultimate, VectorFormat.Fp32, 1, 5, 1.7e9, 4, []).Cut());
        Assert.Throws<ArgumentException>(
            () => new VectorCase(VectorKind.Penultimate, VectorFormat.Int8, 1, 5, 1.7e9, 4, new float[1025]).Cut());
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        var datagram = new VectorCase(VectorKind.FeatureMap, VectorFormat.Fp32, 1, 5, 1.7e9, 4, [.. Enumerable.Repeat(1f, 576)]).Cut()[0];
        var hostile = datagram[..^3];
        Parse(1000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Parse(1000);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Parse(int times)
        {
            for (var i = 0; i < times; i++) _ = VectorChunk.TryParse(datagram, out _, out _) | VectorChunk.TryParse(hostile, out _, out _);
        }
    }

    private static void AssertRefusedOrValid(byte[] datagram)
    {
        if (!VectorChunk.TryParse(datagram, out var chunk, out var numbers)) return;
        Assert.True(
            Enum.IsDefined(chunk.What) && Enum.IsDefined(chunk.Format) && chunk.View >= 0 && chunk.Label >= -1
                && double.IsFinite(chunk.Timestamp)
            && chunk.Scale is > 0 and <= TokenCodec.MaxScale && chunk.Dimension is >= 1 and <= TokenPacket.MaxDimension
            && chunk.Index < chunk.Count,
            chunk.ToString());
        Assert.Equal(datagram.Length - VectorChunk.HeaderBytes, numbers.Length);
        var copy = new byte[VectorChunk.MaxDatagramBytes];
        Assert.Equal(datagram, copy[..chunk.Write(numbers, copy)]);
    }
}
