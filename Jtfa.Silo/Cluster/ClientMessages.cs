using System.Buffers;
using System.Buffers.Binary;
using Orleans.Serialization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Session;

namespace Jtfa.Silo.Cluster;

/// <summary>
/// What a client may send over one connection: messages of its own. A message says itself whose it is, and <see cref="ClientCalls"/> goes
/// by that; without this check a program that knows the client secret and writes messages of its own could claim to be a silo's.
/// </summary>
/// <remarks>
/// It reads what Orleans' <c>MessageSerializer</c> does, up to sender and target: the lengths of head and body, then flags with the
/// message's direction, its number, and whose and for whom it is. Messages between silos are not checked, so this costs clients alone.
/// </remarks>
internal sealed class ClientMessages(Serializer<ClientPreamble> preambles, SerializerSessionPool sessions)
{
    private const int LengthSize = sizeof(int);
    private const int LongestPreamble = 1024;

    // Where Orleans' flags have the direction.
    private const int DirectionShift = 16;
    private const uint DirectionMask = 0xF;
    private const uint Request = 1;
    private const uint OneWay = 3;

    // Delivers what streams hold to clients, and so is what clients answer. All else that waits for an answer waits for one of a silo.
    private static readonly GrainType s_streamAgents = GrainType.Create("sys.svc.stream.agent");

    private GrainId? _client;

    /// <summary>Checks what the bytes begin with: the preamble, and from then on one message.</summary>
    /// <returns>How long it is, also where its body has not come yet; 0 when too little has come.</returns>
    /// <exception cref="InvalidDataException">The client may not send it.</exception>
    /// <remarks>Bytes that are no message at all may also cost another exception.</remarks>
    public long Check(ReadOnlySequence<byte> bytes)
    {
        if (_client is { } client) return CheckMessage(bytes, client);
        if (ReadLength(bytes, 0) is not { } length) return 0;
        if (length is < 1 or > LongestPreamble) throw new InvalidDataException($"it begins with {length} bytes");
        if (bytes.Length < LengthSize + length) return 0;
        if (preambles.Deserialize(bytes.Slice(LengthSize, length))?.NodeIdentity is not { } claimed || !ClientCalls.IsOutside(claimed))
            throw new InvalidDataException("it claims to be no client");
        _client = claimed;
        return LengthSize + length;
    }

    private long CheckMessage(ReadOnlySequence<byte> bytes, GrainId client)
    {
        if (ReadLength(bytes, 0) is not { } head || ReadLength(bytes, LengthSize) is not { } body) return 0;
        if (head < 1 || body < 0) throw new InvalidDataException($"a message has a head of {head} and a body of {body} bytes");
        if (bytes.Length < (2 * LengthSize) + head) return 0;
        using var session = sessions.GetSession();
        var reader = Reader.Create(bytes.Slice(2 * LengthSize, head), session);
        var direction = (reader.ReadUInt32() >> DirectionShift) & DirectionMask;
        reader.ReadInt64();
        var (sender, target) = (ReadGrainId(ref reader), ReadGrainId(ref reader));
        if (!IsOf(client, sender)) throw new InvalidDataException("it has sent a message in another's name");
        if (direction is not (Request or OneWay) && target.Type != s_streamAgents)
            throw new InvalidDataException("it has answered what asks no clients");
        return (2L * LengthSize) + head + body;
    }

    private static int? ReadLength(ReadOnlySequence<byte> bytes, int at)
    {
        if (bytes.Length < at + LengthSize) return null;
        Span<byte> length = stackalloc byte[LengthSize];
        bytes.Slice(at, LengthSize).CopyTo(length);
        return BinaryPrimitives.ReadInt32LittleEndian(length);
    }

    private static GrainId ReadGrainId<TInput>(ref Reader<TInput> reader)
    {
        var type = new GrainType(IdSpanCodec.ReadRaw(ref reader));
        return new GrainId(type, IdSpanCodec.ReadRaw(ref reader));
    }

    // A client, or one of its observers, whose key begins with the client's.
    private static bool IsOf(GrainId client, GrainId sender)
    {
        var own = client.Key.AsSpan();
        var key = sender.Key.AsSpan();
        return sender.Type == client.Type && key.StartsWith(own) && (key.Length == own.Length || key[own.Length] == (byte)'+');
    }
}
