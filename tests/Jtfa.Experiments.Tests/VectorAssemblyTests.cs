using System.Net;
using FsCheck.Fluent;
using Jtfa.Experiments.Vectors;
using Jtfa.Experiments.Windows;
using Jtfa.Testbed.Traces;

namespace Jtfa.Experiments.Tests;

/// <summary>Chunks put together to vectors again.</summary>
public sealed class VectorAssemblyTests
{
    [Fact]
    public void A_frame_is_whole_with_its_last_chunk_in_any_order_and_however_often_each_came()
    {
        var cases = VectorCase.Any.SelectMany(_ => Gen.Choose(0, 1_000_000), (vector, seed) => (vector, seed));
        VectorCase.Holds(cases, both =>
        {
            var datagrams = both.vector.Cut();
            var random = new Random(both.seed);
            int[] order = [.. Enumerable.Range(0, datagrams.Count), .. Enumerable.Range(0, 3).Select(_ => random.Next(datagrams.Count))];
            random.Shuffle(order);
            var lastIsAt = order.Index().GroupBy(place => place.Item, place => place.Index).Max(places => places.Min());

            var (assembly, arrivals) = (new VectorAssembly(), new List<Arrival?>());
            for (var i = 0; i < order.Length; i++) arrivals.Add(assembly.Add(datagrams[order[i]], 100 + i));

            var arrival = Assert.Single(arrivals, arrival => arrival is not null)!;
            Assert.Same(arrival, arrivals[lastIsAt]);
            AssertIs(both.vector, datagrams, arrival, 100 + lastIsAt);
            Assert.Equal(0, assembly.Refused);
            Assert.Equal(new KeyValuePair<string, FrameCounts>(both.vector.Name, new FrameCounts(1, 1)), Assert.Single(assembly.Counts));
        });
    }

    [Fact]
    public void A_frame_without_one_of_its_chunks_is_never_whole()
    {
        var cases = VectorCase.Any.Where(vector => vector.Values.Length > vector.PerChunk)
            .SelectMany(vector => Gen.Choose(0, vector.Values.Length / vector.PerChunk), (vector, lost) => (vector, lost));
        VectorCase.Holds(cases, both =>
        {
            var datagrams = both.vector.Cut();
            datagrams.RemoveAt(Math.Min(both.lost, datagrams.Count - 1));
            var assembly = new VectorAssembly();
            Assert.All(datagrams.Concat(datagrams), datagram => Assert.Null(assembly.Add(datagram, 1)));
            Assert.Equal(new FrameCounts(1, 0), assembly.Counts[both.vector.Name]);
        });
    }

    [Fact]
    public void Frames_that_come_mixed_are_told_apart()
    {
        var frames = new List<VectorCase>();
        foreach (var what in Enum.GetValues<VectorKind>())
            foreach (var format in Enum.GetValues<VectorFormat>())
                for (var view = 0; view < 4; view++)
                    for (var moment = 0; moment < 5; moment++)
                        frames.Add(new VectorCase(what, format, view, moment, 1.7e9 + moment, moment, Numbers(view, moment)));
        byte[][] datagrams = [.. frames.SelectMany(frame => frame.Cut())];
        new Random(1).Shuffle(datagrams);

        var assembly = new VectorAssembly();
        var arrivals = datagrams.Select(datagram => assembly.Add(datagram, 2e9)).OfType<Arrival>().ToList();
        Assert.Equal(frames.Count, arrivals.Count);
        foreach (var frame in frames)
        {
            var arrival = Assert.Single(
                arrivals, arrival => (arrival.Scene, arrival.View, arrival.Moment) == (frame.Name, frame.View, frame.Moment));
            AssertIs(frame, frame.Cut(), arrival, 2e9);
        }

        Assert.Equal(["feature-map-fp32", "feature-map-int8", "penultimate-fp32", "penultimate-int8"], assembly.Counts.Keys.Order());
        Assert.All(assembly.Counts.Values, counts => Assert.Equal(new FrameCounts(20, 20), counts));
    }

    [Fact]
    public void What_contradicts_a_frame_is_no_part_of_it_and_garbage_is_counted()
    {
        var frame = new VectorCase(VectorKind.FeatureMap, VectorFormat.Fp32, 1, 7, 1.7e9, 4, [.. Enumerable.Repeat(1f, 576)]);
        var assembly = new VectorAssembly();
        Assert.Null(assembly.Add(frame.Cut()[0], 1));
        Assert.Null(assembly.Add((frame with { Label = 5 }).Cut()[1], 2));
        Assert.Null(assembly.Add("nonsense"u8, 3));
        Assert.Null(assembly.Add([], 4));
        var arrival = assembly.Add(frame.Cut()[1], 5);
        Assert.NotNull(arrival);
        AssertIs(frame, frame.Cut(), arrival, 5);
        Assert.Equal((2L, new FrameCounts(2, 1)), (assembly.Refused, assembly.Counts["feature-map-fp32"]));
    }

    [Fact]
    public void A_trace_is_read_as_what_was_received()
    {
        var path = Path.Combine(Path.GetTempPath(), $"jtfa-vectors-{Guid.NewGuid():N}.pcap");
        try
        {
            var frame = new VectorCase(
                VectorKind.FeatureMap, VectorFormat.Fp32, 1, 7, 1.7e9, 4, [.. Enumerable.Range(0, 1024).Select(i => i / 8f)]);
            var part = frame with { Moment = 8, Format = VectorFormat.Int8 };
            var lost = frame with { Moment = 9 };
            var end = new IPEndPoint(IPAddress.Loopback, 5005);
            using (var trace = TraceWriter.Open(path))
            {
                var at = 1_700_000_000_000_000_000;
                foreach (var datagram in (byte[][])[.. frame.Cut(), [1, 2, 3], .. part.Cut(), .. lost.Cut()[1..]])
                    trace.Append(new TraceRecord(at += 1_000_000, end, end, datagram));
            }

            var read = VectorTrace.Read(path);
            Assert.Equal(2, read.Arrivals.Count);
            AssertIs(frame, frame.Cut(), read.Arrivals[0], 1_700_000_000.004);
            AssertIs(part, part.Cut(), read.Arrivals[1], 1_700_000_000.006);
            Assert.Equal(
                (new FrameCounts(2, 1), new FrameCounts(1, 1)), (read.Counts["feature-map-fp32"], read.Counts["feature-map-int8"]));
            Assert.Equal((1L, null), (read.Refused, read.CutLine));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static float[] Numbers(int view, int moment) => [.. Enumerable.Range(0, 576).Select(i => (float)((i * view) - moment))];

    private static void AssertIs(VectorCase frame, List<byte[]> datagrams, Arrival arrival, double receivedAt)
    {
        Assert.Equal(
            (frame.Name, frame.View, frame.Moment, frame.Timestamp, frame.Label, datagrams.Sum(datagram => datagram.Length),
                frame.Values.Length),
            (arrival.Scene, arrival.View, arrival.Moment, arrival.Timestamp, arrival.Label, arrival.Bytes, arrival.Vector.Length));
        Assert.Equal(receivedAt, arrival.ReceivedAt, 1e-6);

        // int8: off by half a step of 1/127 of the largest number.
        var step = frame.Format == VectorFormat.Fp32 ? 0 : frame.Values.Max(MathF.Abs) / 127;
        Assert.All(
            frame.Values.Zip(arrival.Vector.ToArray()), pair => Assert.InRange(pair.Second - pair.First, -0.501f * step, 0.501f * step));
    }
}
