using System.Buffers.Binary;
using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Jtfa.Testbed.Traces;

namespace Jtfa.Testbed.Tests;

/// <summary>The trace file: what is written is read, what is cut short loses only itself, what is foreign is told of.</summary>
public sealed class TraceFileTests : IDisposable
{
    private readonly TemporaryFile _file = new();

    private static Gen<TraceRecord[]> Records { get; } = Gen.Choose(0, int.MaxValue).Select(seed =>
    {
        var random = new Random(seed);
        return Enumerable.Range(0, random.Next(6)).Select(_ => new TraceRecord(
            random.NextInt64(4_294_967_296_000_000_000), EndPoint(random), EndPoint(random),
            Bytes(random, random.Next(8) == 0 ? random.Next(65_508) : random.Next(300)))).ToArray();
    });

    public void Dispose() => _file.Dispose();

    [Fact]
    public void What_is_written_is_read() => Property.Holds(Records, records =>
    {
        File.Delete(_file.Path);
        SampleTrace.Write(_file.Path, records);
        var (read, cut) = SampleTrace.Read(_file.Path);
        SampleTrace.AreEqual(records, read);
        Assert.Equal(0, cut);
    });

    [Fact]
    public void What_is_appended_stands_behind() => Property.Holds(Records.Zip(Records), both =>
    {
        File.Delete(_file.Path);
        SampleTrace.Write(_file.Path, both.Item1);
        SampleTrace.Write(_file.Path, both.Item2);
        SampleTrace.AreEqual([.. both.Item1, .. both.Item2], SampleTrace.Read(_file.Path).Records);
    }, runs: 100);

    [Fact]
    public void A_record_is_a_pcap_of_raw_ip()
    {
        SampleTrace.Write(_file.Path, SampleTrace.Record(SampleTrace.Begin, 0xAB, 0xCD));

        Assert.Equal(
            "4D3CB2A1" + "02000400" + "00000000" + "00000000" + "FFFF0000" + "65000000" // nanoseconds, 2.4, 65535, raw IP
            + "803BB16A" + "15CD5B07" + "1E000000" + "1E000000" // seconds, nanoseconds, 30 bytes twice
            + "4500001E" + "00004000" + "4011" + "AFCA" + "0A010203" + "7F000001" // IPv4, 64 hops, UDP, checksum, addresses
            + "9C41138D" + "000A0000" + "ABCD", // ports, length, no checksum, datagram
            Convert.ToHexString(File.ReadAllBytes(_file.Path)));
    }

    [Fact]
    public void Cut_at_every_byte_a_trace_keeps_its_whole_records_and_goes_on()
    {
        TraceRecord[] records = [SampleTrace.Record(1), SampleTrace.Record(2, 1, 2, 3), SampleTrace.Token(1, 1, SampleTrace.Begin)];
        SampleTrace.Write(_file.Path, records);
        var whole = File.ReadAllBytes(_file.Path);
        int[] ends = [24, 24 + 44, 24 + 44 + 47, whole.Length];
        var more = SampleTrace.Record(9, 9);
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(_file.Path, whole[..length]);
            var kept = ends.Count(end => end <= length) - 1;
            if (kept >= 0)
            {
                var (read, cut) = SampleTrace.Read(_file.Path);
                SampleTrace.AreEqual(records[..kept], read);
                Assert.Equal(length - ends[kept], cut);
            }
            else
            {
                var fault = Assert.Throws<InvalidDataException>(() => SampleTrace.Read(_file.Path)).Message;
                Assert.All([_file.Path, $"offset {length}", "record it again"], word => Assert.Contains(word, fault));
            }

            SampleTrace.Write(_file.Path, more);
            SampleTrace.AreEqual([.. records[..Math.Max(0, kept)], more], SampleTrace.Read(_file.Path).Records);
        }
    }

    [Fact]
    public void What_was_cut_is_told_of_by_file_and_offset()
    {
        SampleTrace.Write(_file.Path, SampleTrace.Record(1, 1, 2, 3));
        File.WriteAllBytes(_file.Path, File.ReadAllBytes(_file.Path)[..^1]);
        using (var reader = TraceReader.Open(_file.Path))
        {
            Assert.Null(reader.Read());
            Assert.All([_file.Path, "offset 24", "jtfa record"], word => Assert.Contains(word, reader.CutLine));
        }

        using var writer = TraceWriter.Open(_file.Path);
        Assert.Equal((0, 46, 24), (writer.FoundRecords, writer.FoundCutBytes, writer.Length));
    }

    [Theory]
    [InlineData(8, 27)] // packet's length: below its headers
    [InlineData(8, 70_000)]
    [InlineData(12, 1)] // original length: another
    [InlineData(4, 1_000_000_000)] // nanoseconds
    [InlineData(16, 0)] // IP version
    [InlineData(24, 0)] // protocol
    public void A_damaged_record_is_named_by_offset_and_never_overwritten(int at, uint value)
    {
        SampleTrace.Write(_file.Path, SampleTrace.Record(1, 1, 2, 3), SampleTrace.Record(2, 1), SampleTrace.Record(3, 1));
        var bytes = File.ReadAllBytes(_file.Path);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(24 + 47 + at), value);
        File.WriteAllBytes(_file.Path, bytes);

        foreach (var open in new Action[] { () => SampleTrace.Read(_file.Path), () => TraceWriter.Open(_file.Path) })
        {
            var fault = Assert.Throws<InvalidDataException>(open).Message;
            Assert.All([_file.Path, "offset 71", "truncate -s 71"], word => Assert.Contains(word, fault));
        }

        Assert.Equal(bytes, File.ReadAllBytes(_file.Path));
    }

    [Theory]
    [InlineData("this is no trace, but long enough to be one")]
    [InlineData("short")]
    public void A_foreign_file_is_named_and_left_alone(string content)
    {
        File.WriteAllText(_file.Path, content);
        foreach (var open in new Action[] { () => TraceReader.Open(_file.Path), () => TraceWriter.Open(_file.Path) })
        {
            var fault = Assert.Throws<InvalidDataException>(open).Message;
            Assert.All([_file.Path, "offset 0", "docs/laboratory.md"], word => Assert.Contains(word, fault));
        }

        Assert.Equal(content, File.ReadAllText(_file.Path));
    }

    [Theory]
    [InlineData(0, 0xD4)] // microseconds
    [InlineData(20, 1)] // Ethernet
    public void A_pcap_of_another_kind_is_foreign(int at, byte value)
    {
        SampleTrace.Write(_file.Path);
        var bytes = File.ReadAllBytes(_file.Path);
        bytes[at] = value;
        File.WriteAllBytes(_file.Path, bytes);
        Assert.Contains("convert", Assert.Throws<InvalidDataException>(() => TraceReader.Open(_file.Path)).Message);
    }

    [Fact]
    public void A_pcap_of_the_same_kind_by_another_program_is_a_trace()
    {
        SampleTrace.Write(_file.Path, SampleTrace.Record(1, 1));
        var bytes = File.ReadAllBytes(_file.Path);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(16), 262_144); // longest packet
        File.WriteAllBytes(_file.Path, bytes);
        SampleTrace.Write(_file.Path, SampleTrace.Record(2, 2));
        SampleTrace.AreEqual([SampleTrace.Record(1, 1), SampleTrace.Record(2, 2)], SampleTrace.Read(_file.Path).Records);
    }

    [Fact]
    public void A_missing_file_and_a_folder_are_named()
    {
        Assert.Contains("none.pcap", Assert.Throws<InvalidDataException>(() => TraceReader.Open("none.pcap")).Message);
        Assert.Contains("none/a.pcap", Assert.Throws<TestbedException>(() => TraceWriter.Open("none/a.pcap")).Message);
        Assert.Contains("cannot be written", Assert.Throws<TestbedException>(() => TraceWriter.Open(Path.GetTempPath())).Message);
    }

    [Fact]
    public void Two_recorders_do_not_write_one_file()
    {
        using var writer = TraceWriter.Open(_file.Path);
        Assert.Contains(_file.Path, Assert.Throws<TestbedException>(() => TraceWriter.Open(_file.Path)).Message);
    }

    [Fact]
    public void What_the_format_does_not_hold_is_refused()
    {
        using (var writer = TraceWriter.Open(_file.Path))
        {
            Assert.Throws<ArgumentException>(() => writer.Append(SampleTrace.Record(-1)));
            Assert.Throws<ArgumentException>(() => writer.Append(SampleTrace.Record(4_294_967_296_000_000_000)));
            Assert.Throws<ArgumentException>(() => writer.Append(SampleTrace.Record(1, new byte[65_508])));
            Assert.Throws<ArgumentException>(
                () => writer.Append(SampleTrace.Record(1) with { Source = new IPEndPoint(IPAddress.IPv6Loopback, 1) }));
            writer.Append(SampleTrace.Record(1));
        }

        Assert.Single(SampleTrace.Read(_file.Path).Records);
    }

    private static IPEndPoint EndPoint(Random random) => new(new IPAddress(Bytes(random, 4)), random.Next(65_536));

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
