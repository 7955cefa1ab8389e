using System.Net;
using Jtfa.Core;
using Jtfa.Testbed.Traces;

namespace Jtfa.Testbed.Tests;

/// <summary>Real datagrams: sent again from a trace, taken by a recorder.</summary>
public sealed class RecordReplayTests : IDisposable
{
    private const long Ms = 1_000_000;
    private static readonly IPEndPoint s_anyPort = new(IPAddress.Loopback, 0);

    private readonly TemporaryFile _played = new();
    private readonly TemporaryFile _recorded = new();
    private readonly UdpEnd _end = new();

    public void Dispose()
    {
        _played.Dispose();
        _recorded.Dispose();
        _end.Dispose();
    }

    [Theory(Timeout = 60_000)]
    [InlineData(1, 5)]
    [InlineData(10, 30)]
    [InlineData(100, 200)]
    [InlineData(double.PositiveInfinity, 5)]
    public async Task A_replayed_stream_is_recorded_whole_in_order_and_in_its_rhythm(double speed, int spacingMs)
    {
        const int count = 120;
        TraceRecord[] records =
            [.. Enumerable.Range(0, count).Select(i => SampleTrace.Token(i % 4, i, SampleTrace.Begin + (i * spacingMs * Ms)))];
        SampleTrace.Write(_played.Path, records);

        var (summary, replay) = await RecordAsync(count, to => new ReplayOptions(to) { Speed = speed });

        Assert.Equal(new RecordingSummary(count, count, 0, 0, false), summary);
        Assert.Equal((count, 0), (replay.Sent, replay.Refused));
        var recorded = SampleTrace.Read(_recorded.Path).Records;
        SampleTrace.AreEqual([.. records.Select(Payload)], [.. recorded.Select(Payload)]);
        Assert.Equal(recorded.OrderBy(record => record.ReceivedAt), recorded);
        if (double.IsInfinity(speed)) return;

        // Kernel times are those of sending; a busy machine wakes the sender late now and then, never early.
        Assert.True(replay.LatenessMs.Quantile(0.5) < 20, $"p50 {replay.LatenessMs.Quantile(0.5)} ms late");
        var duration = TimeSpan.FromMilliseconds((count - 1) * spacingMs / speed);
        Assert.True(replay.Duration >= duration, $"{replay.Duration} instead of {duration}");
        var off = recorded.Zip(records).Select(pair =>
            Math.Abs((pair.First.ReceivedAt - recorded[0].ReceivedAt) - ((pair.Second.ReceivedAt - records[0].ReceivedAt) / speed)) / Ms)
            .Order().ToList();
        Assert.True(off[count / 2] < 40, $"p50 {off[count / 2]} ms off");
    }

    [Theory(Timeout = 60_000)]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(100)]
    public async Task Now_moves_and_compresses_capture_times_and_keeps_everything_else(double speed)
    {
        TraceRecord[] records =
        [
            SampleTrace.Token(1, 7, SampleTrace.Begin), SampleTrace.Record(SampleTrace.Begin, 1, 2, 3),
            SampleTrace.Token(2, 8, SampleTrace.Begin + (250 * Ms)),
        ];
        SampleTrace.Write(_played.Path, records);

        var before = TimeProvider.System.UnixSeconds();
        await RecordAsync(records.Length, to => new ReplayOptions(to) { Now = true, Speed = speed });
        var after = TimeProvider.System.UnixSeconds();

        var recorded = SampleTrace.Read(_recorded.Path).Records;
        Assert.Equal([1, 2, 3], recorded[1].Datagram.ToArray());
        var (first, second) = (Captured(recorded[0]), Captured(recorded[2]));
        Assert.InRange(first, before - (0.005 / speed), after - (0.005 / speed));
        Assert.Equal(0.25 / speed, second - first, 5);
        // As late as recorded, and never earlier, but for what the wall clock, by which packets are received, may be slewed meanwhile.
        const double slew = 500e-6; // Linux slews no faster
        Assert.InRange((recorded[2].ReceivedAt / 1e9) - second, (0.005 / speed) - 1e-6 - (slew * 0.25 / speed), double.MaxValue);
        SampleTrace.AreEqual(
            [.. new[] { records[0], records[2] }.Select(record => Payload(At(record, 0)))],
            [.. new[] { recorded[0], recorded[2] }.Select(record => Payload(At(record, 0)))]);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true, 100, 0)]
    [InlineData(true, 100, 5)]
    [InlineData(false, double.PositiveInfinity, 2)]
    public async Task Rounds_go_on_from_one_another(bool now, double speed, long before)
    {
        // Moments 3 … 6 of two views, 10 ms between datagrams; view 1's sequences are 6, 8, 10, 12, view 0's 7, 9, 11, 13.
        TraceRecord[] records =
            [.. Enumerable.Range(6, 8).Select(i => SampleTrace.Token((i + 1) % 2, i, SampleTrace.Begin + ((i - 6) * 10 * Ms)))];
        SampleTrace.Write(_played.Path, records);
        const int rounds = 3;

        var (summary, replay) = await RecordAsync(
            rounds * records.Length, to => new ReplayOptions(to) { Now = now, Speed = speed, Repeat = rounds, RoundsBefore = before });

        Assert.Equal((rounds * records.Length, rounds * records.Length), (summary.Records, replay.Sent));
        var packets = SampleTrace.Read(_recorded.Path).Records.Select(Fields).ToList();
        var expected = Enumerable.Range(0, rounds * records.Length)
            .Select(i => (Round: before + (i / records.Length), Fields: Fields(records[i % records.Length]))).ToList();
        Assert.Equal(expected.Select(one => one.Fields.View), packets.Select(packet => packet.View));
        Assert.Equal(expected.Select(one => one.Fields.Id + (4 * one.Round)), packets.Select(packet => packet.Id));
        Assert.Equal(expected.Select(one => one.Fields.Sequence + (7 * one.Round)), packets.Select(packet => packet.Sequence));
        var interval = now ? 0.01 / speed : 0.01;
        var begin = now ? packets[0].Timestamp : expected[0].Fields.Timestamp + (before * records.Length * interval);
        Assert.All(packets.Index(), packet => Assert.Equal(packet.Index * interval, packet.Item.Timestamp - begin, 5));
        if (now)
            Assert.True(replay.Duration.TotalSeconds >= interval * (packets.Count - 1), $"{replay.Duration} for {packets.Count} datagrams");
    }

    // Its seed follows from its sequence number, so that one of another number would be another token.
    [Fact(Timeout = 60_000)]
    public async Task A_token_of_version_2_keeps_its_numbers_and_its_sequence_number()
    {
        TraceRecord[] records =
            [.. Enumerable.Range(6, 4).Select(i => SampleTrace.ArrayToken(i % 2, i, SampleTrace.Begin + (i * 10 * Ms)))];
        SampleTrace.Write(_played.Path, records);

        var before = TimeProvider.System.UnixSeconds();
        await RecordAsync(8, to => new ReplayOptions(to) { Now = true, Speed = 10, Repeat = 2 });

        foreach (var (i, record) in SampleTrace.Read(_recorded.Path).Records.Index())
        {
            Assert.Equal(RejectReason.None, records[i % 4].TryParse(out var sent));
            Assert.Equal(RejectReason.None, record.TryParse(out var packet));
            Assert.Equal(sent.Values.ToArray(), packet.Values.ToArray());
            Assert.Equal(
                (2, sent.View, sent.Sequence, sent.Seed, 9),
                (packet.Version, packet.View, packet.Sequence, packet.Seed, packet.SceneIndex));
            Assert.Equal(sent.DecisionId + (i / 4 * 2), packet.DecisionId);
            Assert.InRange(packet.Timestamp, before - 0.01, TimeProvider.System.UnixSeconds());
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Views_go_to_destinations_of_their_own()
    {
        using var own = new UdpEnd();
        TraceRecord[] records = [.. Enumerable.Range(0, 30).Select(i => SampleTrace.Token(i % 3, i, SampleTrace.Begin + i))];
        SampleTrace.Write(_played.Path, records);
        using var trace = TraceReader.Open(_played.Path);
        using var replay = new TraceReplay(
            new ReplayOptions(_end.EndPoint) { Views = new Dictionary<int, IPEndPoint> { [2] = own.EndPoint } });

        Assert.Equal(30, (await replay.RunAsync(trace, TestContext.Current.CancellationToken)).Sent);
        Assert.Equal(records.Where((_, i) => i % 3 != 2).Select(record => record.Datagram.ToArray()), await _end.ReceiveAsync(20));
        Assert.Equal(records.Where((_, i) => i % 3 == 2).Select(record => record.Datagram.ToArray()), await own.ReceiveAsync(10));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_recording_ends_before_the_file_grows_too_long()
    {
        using (var writer = TraceWriter.Open(_recorded.Path))
        using (var recorder = new TraceRecorder(s_anyPort, writer))
        {
            var running = recorder.RunAsync(new RecordingLimits(MaxBytes: 24 + (3 * 54)), TestContext.Current.CancellationToken);
            for (byte i = 0; i < 10; i++) _end.Send(recorder.EndPoint, i, 0, 0, 0, 0, 0, 0, 0, 0, 0);
            Assert.Equal(new RecordingSummary(3, 0, 0, 0, true), await running);
        }

        Assert.Equal([0, 1, 2], SampleTrace.Read(_recorded.Path).Records.Select(record => record.Datagram.Span[0]));
        Assert.Equal(24 + (3 * 54), new FileInfo(_recorded.Path).Length);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_recording_ends_in_time_and_holds_who_sent_and_when()
    {
        var before = DateTimeOffset.UtcNow;
        IPEndPoint endPoint;
        using (var writer = TraceWriter.Open(_recorded.Path))
        using (var recorder = new TraceRecorder(s_anyPort, writer))
        {
            endPoint = recorder.EndPoint;
            _end.Send(endPoint, 1);
            var summary = await recorder.RunAsync(
                new RecordingLimits(TimeSpan.FromMilliseconds(200)), TestContext.Current.CancellationToken);
            Assert.Equal(1, summary.Records);
        }

        var record = Assert.Single(SampleTrace.Read(_recorded.Path).Records);
        Assert.Equal((_end.EndPoint, endPoint), (record.Source, record.Destination));
        Assert.InRange(record.ReceivedAt, Nanoseconds(before), Nanoseconds(DateTimeOffset.UtcNow));
    }

    [Fact]
    public void A_port_in_use_is_named()
    {
        using var writer = TraceWriter.Open(_recorded.Path);
        var fault = Assert.Throws<TestbedException>(() => new TraceRecorder(_end.EndPoint, writer)).Message;
        Assert.All([$"{_end.EndPoint}", "choose another port"], word => Assert.Contains(word, fault));
    }

    // Replays into a recorder that passes on to the test's end, until all have arrived there.
    private async Task<(RecordingSummary Recording, ReplaySummary Replay)> RecordAsync(int count, Func<IPEndPoint, ReplayOptions> options)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var writer = TraceWriter.Open(_recorded.Path);
        using var recorder = new TraceRecorder(s_anyPort, writer, _end.EndPoint);
        var recording = recorder.RunAsync(new RecordingLimits(), stop.Token);
        using var trace = TraceReader.Open(_played.Path);
        using var replay = new TraceReplay(options(recorder.EndPoint));
        var summary = await replay.RunAsync(trace, stop.Token);
        await _end.ReceiveAsync(count);
        await stop.CancelAsync();
        return (await recording, summary);
    }

    private static TraceRecord Payload(TraceRecord record) => SampleTrace.Record(0, record.Datagram.ToArray());

    private static double Captured(TraceRecord record) => Fields(record).Timestamp;

    private static (double Timestamp, int View, long? Id, long? Sequence) Fields(TraceRecord record)
    {
        Assert.Equal(RejectReason.None, PacketCodec.TryParse(record.Datagram.Span, out var packet));
        return (packet.Timestamp, packet.View, packet.DecisionId, packet.Sequence);
    }

    // The same packet with another capture time: float64, behind the map's byte and the key.
    private static TraceRecord At(TraceRecord record, byte time)
    {
        var datagram = record.Datagram.ToArray();
        datagram.AsSpan(5, 8).Fill(time);
        return record with { Datagram = datagram };
    }

    private static long Nanoseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * 100;
}
