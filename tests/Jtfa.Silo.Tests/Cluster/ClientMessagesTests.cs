using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Jtfa.Silo.Cluster;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Session;

namespace Jtfa.Silo.Tests.Cluster;

/// <summary>What a client's connection lets through, byte for byte.</summary>
public sealed class ClientMessagesTests
{
    private const uint Request = 1;
    private const uint Response = 2;
    private const uint OneWay = 3;

    private static readonly ServiceProvider s_services = new ServiceCollection().AddSerializer().BuildServiceProvider();
    private static readonly GrainId s_client = GrainId.Create("sys.client", "3f2b");
    private static readonly GrainId s_scene = GrainId.Create("scene", "yard");
    private static readonly GrainId s_streamAgent = GrainId.Create("sys.svc.stream.agent", "127.0.0.1:11111@7+jtfa_1");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public async Task A_clients_own_messages_come_through_however_they_are_cut(int piece)
    {
        byte[] said =
        [
            .. Preamble(s_client), .. Message(Request, s_client, s_scene, body: 0), .. Message(OneWay, s_client, s_scene, body: 3000),
            .. Message(Response, Observer(s_client), s_streamAgent), .. Message(Request, Observer(s_client), s_scene),
        ];
        var (came, refusal) = await SendAsync(said.Chunk(piece));
        Assert.Equal((said.Length, null), (came, refusal));
    }

    [Fact]
    public async Task Nothing_comes_through_of_a_connection_that_claims_to_be_no_client()
    {
        foreach (var claimed in new[] { GrainId.Create("sys.client", "hosted-S127.0.0.1:11111:7"), s_scene, s_streamAgent, default })
        {
            var (came, refusal) = await SendAsync([Preamble(claimed)]);
            Assert.Equal((0, "it claims to be no client"), (came, refusal));
        }
    }

    [Fact]
    public async Task Nothing_comes_through_from_a_message_on_that_is_not_the_clients_own()
    {
        GrainId[] others =
        [
            GrainId.Create("sys.client", "hosted-S127.0.0.1:11111:7"), GrainId.Create("sys.client", "3f2"),
            GrainId.Create("sys.client", "3f2b5"), GrainId.Create("sys.clientele", "3f2b"), s_scene, s_streamAgent, default,
        ];
        foreach (var other in others)
        {
            var own = Message(Request, s_client, s_scene);
            var (came, refusal) = await SendAsync([Preamble(s_client), own, Message(Request, other, s_scene), own]);
            Assert.Equal((Preamble(s_client).Length + own.Length, "it has sent a message in another's name"), (came, refusal));
        }
    }

    [Fact]
    public async Task A_client_answers_streams_and_nothing_else()
    {
        foreach (var direction in new uint[] { 0, Response, 7 })
        {
            var (came, refusal) = await SendAsync([Preamble(s_client), Message(direction, s_client, s_scene)]);
            Assert.Equal((Preamble(s_client).Length, "it has answered what asks no clients"), (came, refusal));
        }
    }

    [Fact]
    public async Task Bytes_that_are_no_messages_end_the_connection()
    {
        var early = await SendAsync([[255, 255, 255, 127, 0, 0, 0, 0]]);
        Assert.Equal(0, early.Came);
        Assert.NotNull(early.Refusal);
        byte[][] garbage =
        [
            [0, 0, 0, 0, 1, 0, 0, 0], [255, 255, 255, 255, 1, 0, 0, 0], [4, 0, 0, 0, 0, 0, 0, 128], [1, 0, 0, 0, 0, 0, 0, 0, 9],
        ];
        foreach (var bytes in garbage)
        {
            var (came, refusal) = await SendAsync([Preamble(s_client), bytes]);
            Assert.Equal(Preamble(s_client).Length, came);
            Assert.NotNull(refusal);
        }
    }

    // Reads as Orleans does: whole frames, one after the other.
    private static async Task<(int Came, string? Refusal)> SendAsync(IEnumerable<byte[]> pieces)
    {
        string? refusal = null;
        var pipe = new Pipe();
        var messages = new ClientMessages(
            s_services.GetRequiredService<Serializer<ClientPreamble>>(), s_services.GetRequiredService<SerializerSessionPool>());
        var input = new CheckedInput(pipe.Reader, messages, fault => refusal = fault);
        var came = 0;
        foreach (var piece in pieces)
        {
            await pipe.Writer.WriteAsync(piece, Cancel);
            var read = await input.ReadAsync(Cancel);
            if (read.IsCompleted) return (came, refusal);
            var rest = read.Buffer;
            while (FrameLength(rest, isPreamble: came == 0) is { } length && rest.Length >= length)
            {
                rest = rest.Slice(length);
                came += length;
            }

            input.AdvanceTo(rest.Start, rest.End);
        }

        return (came, refusal);
    }

    private static int? FrameLength(ReadOnlySequence<byte> bytes, bool isPreamble)
    {
        Span<byte> lengths = stackalloc byte[8];
        lengths = lengths[..(isPreamble ? 4 : 8)];
        if (bytes.Length < lengths.Length) return null;
        bytes.Slice(0, lengths.Length).CopyTo(lengths);
        return lengths.Length + BinaryPrimitives.ReadInt32LittleEndian(lengths)
            + (isPreamble ? 0 : BinaryPrimitives.ReadInt32LittleEndian(lengths[4..]));
    }

    private static GrainId Observer(GrainId client) => GrainId.Create(client.Type.ToString()!, $"{client.Key}+77");

    private static byte[] Preamble(GrainId client)
    {
        var bytes = s_services.GetRequiredService<Serializer<ClientPreamble>>().SerializeToArray(
            new ClientPreamble { NodeIdentity = client, ClusterId = "jtfa" });
        return [.. BitConverter.GetBytes(bytes.Length), .. bytes];
    }

    private static byte[] Message(uint direction, GrainId sender, GrainId target, int body = 20)
    {
        using var session = s_services.GetRequiredService<SerializerSessionPool>().GetSession();
        var head = new ArrayBufferWriter<byte>();
        var writer = Writer.Create(head, session);
        writer.WriteUInt32(direction << 16);
        writer.WriteInt64(42);
        foreach (var id in new[] { sender, target })
        {
            IdSpanCodec.WriteRaw(ref writer, id.Type.Value);
            IdSpanCodec.WriteRaw(ref writer, id.Key);
        }

        writer.Commit();
        return [.. BitConverter.GetBytes(head.WrittenCount), .. BitConverter.GetBytes(body), .. head.WrittenSpan, .. new byte[body]];
    }
}
