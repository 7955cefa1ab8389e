using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Jtfa.Core;
using Jtfa.Testbed.Links;
using Jtfa.Testbed.Traces;

namespace Jtfa.System.Tests;

/// <summary><c>jtfa record</c>, <c>replay-trace</c> and <c>relay</c> as processes of their own.</summary>
[Collection(nameof(AloneCollection))]
public sealed class TestbedTests : IDisposable
{
    private const int FileHeaderBytes = 24;
    private const int Usage = 2;
    private const int Fault = 1;

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task A_recorder_that_was_killed_goes_on_behind_what_it_had()
    {
        await using (var killed = ProgramRun.Jtfa(_workspace, "record", "a.pcap", "--listen", "0"))
        {
            var bytes = Send(await PortAsync(killed), 0, 100);
            await GrowsToAsync("a.pcap", FileHeaderBytes + bytes);
            killed.Kill();
            await killed.ExitAsync();
        }

        // As if it had been killed in the middle of one more.
        await File.AppendAllTextAsync(_workspace["a.pcap"], "half a rec", TestContext.Current.CancellationToken);
        var length = new FileInfo(_workspace["a.pcap"]).Length - 10;
        await using var second = ProgramRun.Jtfa(_workspace, "record", "a.pcap", "--listen", "0");
        await second.Errors.MatchAsync(@"a\.pcap: a record that was cut short is taken away \(10 bytes\)");
        await second.Errors.MatchAsync("behind 100 records");
        var more = Send(await PortAsync(second), 100, 50);
        await GrowsToAsync("a.pcap", length + more);
        second.Signal(PosixSignal.SIGINT);

        Assert.Equal(0, await second.ExitAsync());
        Assert.Equal([$"a.pcap: 50 datagrams recorded, {length + more} bytes in all"], second.Output.Lines);
        Assert.Equal(Enumerable.Range(0, 150).Select(i => (long?)i), Records("a.pcap").Select(Sequence));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_relay_stands_between_a_camera_and_a_recorder()
    {
        const string json = """{ "mine": { "default": { "delay": { "distribution": "normal", "ms": 5, "spreadMs": 2 }, "loss": 0.2, "duplicate": 0.2 } } }""";
        using var end = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        await using var recorder = ProgramRun.Jtfa(_workspace, "record", "a.pcap", "--listen", "0", "--to", $"{end.Client.LocalEndPoint}");
        var to = $"127.0.0.1:{await PortAsync(recorder)}";
        await using var relay = ProgramRun.Jtfa(_workspace,
            "relay", "--profile", "mine", "--profiles", _workspace.Write("my.json", json), "--link", $"0={to}", "--link", $"0={to}",
            "--seed", "5", "--log", "fates.csv");
        var link = await relay.Errors.MatchAsync(@"Link 1: UDP (127\.0\.0\.1:\d+) to 127\.0\.0\.1:\d+, mine");

        var camera = await ProgramRun.JtfaToEndAsync(
            _workspace, "camera", "--source", "random", "--rate", "50", "--seconds", "2", "--to", link.Groups[1].Value);
        Assert.True(camera is { ExitCode: 0, Errors: [_] }, camera.ToString());
        var sent = int.Parse(camera.Output[0].Split(' ')[1], CultureInfo.InvariantCulture);
        var impairment = new LinkImpairment(Profiles.Parse(json, "my.json")["mine"].Default, seed: 5, link: 1);
        var arriving = Enumerable.Range(0, sent).Select(_ => impairment.Next(default, 1))
            .Sum(fate => fate.Kind != FateKind.Sent ? 0 : fate.CopyDelay is null ? 1 : 2);
        for (var i = 0; i < arriving; i++) await end.ReceiveAsync(TestContext.Current.CancellationToken);
        relay.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await relay.ExitAsync());
        recorder.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await recorder.ExitAsync());

        AssertFates(relay.Output.Lines, sent, arriving);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_trace_that_is_cut_short_is_replayed_as_far_as_it_is_whole()
    {
        using (var writer = TraceWriter.Open(_workspace["a.pcap"]))
        {
            for (var i = 0; i < 10; i++)
                writer.Append(new TraceRecord(i, new IPEndPoint(1, 1), new IPEndPoint(1, 2), new byte[] { (byte)i }));
        }

        var whole = await File.ReadAllBytesAsync(_workspace["a.pcap"], TestContext.Current.CancellationToken);
        _workspace.Write("a.pcap", whole[..^1]);
        using var end = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var replay = await ProgramRun.JtfaToEndAsync(
            _workspace, "replay-trace", "a.pcap", "--to", $"{end.Client.LocalEndPoint}", "--speed", "max");

        Assert.Equal(0, replay.ExitCode);
        Assert.Matches(@"^a\.pcap: 9 datagrams sent, 0 refused, in \d+\.\d+ s$", Assert.Single(replay.Output));
        Assert.Contains($"a.pcap: the record at offset {whole.Length - 45} is cut short", Assert.Single(replay.Errors));
        for (byte i = 0; i < 9; i++) Assert.Equal([i], (await end.ReceiveAsync(TestContext.Current.CancellationToken)).Buffer);
        Assert.Equal(0, end.Available);
    }

    /// <summary>Command line, exit code, then what the one line on standard error must have in it, separated by '|'.</summary>
    [Theory(Timeout = 120_000)]
    [InlineData("record a.pcap", Usage, "--listen|required")]
    [InlineData("record a.pcap --listen nowhere", Usage, "'nowhere'|allowed is a port")]
    [InlineData("record a.pcap --listen 0 --to here", Usage, "'here'|host:port")]
    [InlineData("record a.pcap --listen 0 --seconds 0", Usage, "--seconds 0|above 0 … 86400")]
    [InlineData("record a.pcap --listen 0 --max-bytes 0", Usage, "--max-bytes 0|1 or more")]
    [InlineData("record a.pcap --listen 203.0.113.1:0", Fault, "UDP 203.0.113.1:0|choose another port")]
    [InlineData("record notes.txt --listen 0", Fault, "notes.txt|offset 0|docs/laboratory.md")]
    [InlineData("replay-trace none.pcap --to 127.0.0.1:9", Fault, "none.pcap")]
    [InlineData("replay-trace notes.txt --to 127.0.0.1:9", Fault, "notes.txt|offset 0|docs/laboratory.md")]
    [InlineData("replay-trace notes.txt --to 127.0.0.1:9 --speed fast", Usage, "--speed fast|above 0|or max")]
    [InlineData("replay-trace notes.txt --to 127.0.0.1:9 --repeat 0", Usage, "--repeat 0|1 or more")]
    [InlineData("replay-trace notes.txt --to 127.0.0.1:9 --view x=127.0.0.1:9", Usage, "--view x=127.0.0.1:9|number=host:port")]
    [InlineData(
        "relay --profile none --link 0=127.0.0.1:9", Usage,
        "--profile none|wired, wifi-good, wifi-busy, one-straggler, one-dead, burst-loss, fades")]
    [InlineData("relay --profile wired --link 5005", Usage, "--link 5005|port=host:port")]
    [InlineData("relay --profile wired --link 0=127.0.0.1:9 --seed x", Usage, "--seed x|a whole number")]
    [InlineData("relay --profile one-dead --link 0=127.0.0.1:9", Usage, "--profile one-dead|link 3|4 --link or more")]
    [InlineData("relay --profile a --profiles wrong.json --link 0=127.0.0.1:9", Usage, "wrong.json|a.default.loss=7|0 … 1")]
    [InlineData("relay --profile a --profiles none.json --link 0=127.0.0.1:9", Usage, "none.json")]
    [InlineData("relay --profile wired --link 0=127.0.0.1:9 --log none/a.csv", Fault, "none/a.csv|cannot be written")]
    public async Task Bad_input_is_one_clear_line(string commandLine, int exitCode, string words)
    {
        _workspace.Write("notes.txt", "this is no trace");
        _workspace.Write("wrong.json", """{ "a": { "default": { "loss": 7 } } }""");
        var end = await ProgramRun.JtfaToEndAsync(_workspace, commandLine.Split(' '));

        Assert.True(end.ExitCode == exitCode && end is { Errors.Length: 1, Output: [] }, end.ToString());
        Assert.StartsWith("jtfa: ", end.Errors[0]);
        Assert.DoesNotContain("Exception", end.Errors[0]);
        Assert.All(words.Split('|'), word => Assert.Contains(word, end.Errors[0]));
    }

    private void AssertFates(string[] summary, int sent, int arriving)
    {
        Assert.Equal("link 0: 0 received, 0 sent", summary[0]);
        Assert.StartsWith($"link 1: {sent} received, ", summary[1]);
        Assert.Matches(
            $@"^own error: p50 [\d.]+ ms, p99 [\d.]+ ms, max [\d.]+ ms of {arriving} \((real-time|ordinary) priority\)$", summary[2]);
        var fates = File.ReadLines(_workspace["fates.csv"]).Skip(1).Select(line => line.Split(','))
            .Select(fields => (Number: Number(fields[1]), Fate: fields[4])).ToList();
        Assert.Equal(
            Enumerable.Range(0, sent).Select(n => (long?)n), fates.Where(fate => fate.Fate is "sent" or "lost").Select(fate => fate.Number)
                .Order());
        Assert.Contains(fates, fate => fate.Fate == "lost");
        Assert.Contains(fates, fate => fate.Fate == "copy");
        Assert.Equal(
            fates.Where(fate => fate.Fate != "lost").Select(fate => fate.Number).Order(), Records("a.pcap").Select(Sequence).Order());
        static long? Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
    }

    private static async Task<int> PortAsync(ProgramRun recorder) =>
        int.Parse(
            (await recorder.Errors.MatchAsync(@"Recording what comes to UDP 127\.0\.0\.1:(\d+)")).Groups[1].Value,
            CultureInfo.InvariantCulture);

    // Bytes by which the trace grows.
    private static long Send(int port, int first, int count)
    {
        using var socket = new UdpClient();
        var bytes = 0L;
        for (var i = first; i < first + count; i++)
        {
            var datagram = Token(i);
            bytes += TraceWriter.RecordBytes(datagram.Length);
            socket.Send(datagram, new IPEndPoint(IPAddress.Loopback, port));
        }

        return bytes;
    }

    private static byte[] Token(int sequence)
    {
        var datagram = new byte[TokenPacket.MaxDatagramBytes];
        var packet = new TokenPacket { Timestamp = 1, Scale = 1, Values = new sbyte[16], Sequence = sequence };
        return datagram[..PacketCodec.Write(packet, datagram)];
    }

    private async Task GrowsToAsync(string file, long length)
    {
        var clock = Stopwatch.StartNew();
        while (new FileInfo(_workspace[file]).Length != length)
        {
            Assert.True(
                clock.Elapsed < ProgramRun.Deadline, $"{file} has {new FileInfo(_workspace[file]).Length} bytes instead of {length}.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    private List<TraceRecord> Records(string file)
    {
        using var reader = TraceReader.Open(_workspace[file]);
        var records = new List<TraceRecord>();
        while (reader.Read() is { } record) records.Add(record);
        return records;
    }

    private static long? Sequence(TraceRecord record)
    {
        Assert.Equal(RejectReason.None, PacketCodec.TryParse(record.Datagram.Span, out var packet));
        return packet.Sequence;
    }
}
