using System.Diagnostics.Metrics;
using Jtfa.Core;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Silo.Trust;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>What a gateway does with tokens that are sent again, or carried along by others, on real sockets.</summary>
public sealed class CopyTests : IDisposable
{
    private readonly byte[] _secret = [.. Enumerable.Repeat((byte)9, TokenKey.Size)];
    private readonly MeterListener _listener = new();
    private readonly string _scene = $"copies-{Guid.NewGuid():N}";
    private readonly Dictionary<string, long> _counted = [];
    private readonly TokenKey _key;
    private readonly TokenHistory _history = new(2);
    private readonly double _began = TimeProvider.System.UnixSeconds();

    public CopyTests()
    {
        _key = new TokenKey(_secret);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == JtfaNames.Meter && instrument.Name.StartsWith("jtfa.ingress.", StringComparison.Ordinal))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, by, tags, _) =>
        {
            foreach (var (key, value) in tags)
            {
                if (key != "scene" || !_scene.Equals(value)) continue;
                lock (_counted) _counted[instrument.Name] = _counted.GetValueOrDefault(instrument.Name) + by;
            }
        });
        _listener.Start();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _key.Dispose();
    }

    [Theory]
    [InlineData(TokenAuthentication.Open)]
    [InlineData(TokenAuthentication.Require)]
    public async Task Whichever_of_two_sendings_comes_first_is_taken_and_the_other_is_a_copy(TokenAuthentication authentication)
    {
        await using var stage = await StartAsync(authentication);
        var sender = stage.Sender();
        var isTagged = authentication == TokenAuthentication.Require;

        sender.Send(Token(0, isTagged));
        sender.Send(Token(0, isTagged, isCopy: true));
        await ExpectAsync(stage, [0], copies: 1, saved: 0);
        sender.Send(Token(2, isTagged, isCopy: true)); // 1 and the first sending of 2 are lost
        sender.Send(Token(3, isTagged));
        await ExpectAsync(stage, [0, 2, 3], copies: 1, saved: 1);
        sender.Send(Token(1, isTagged, isCopy: true));
        await ExpectAsync(stage, [0, 2, 3, 1], copies: 1, saved: 2);
        sender.Send(Token(2, isTagged)); // not lost, but overtaken
        await ExpectAsync(stage, [0, 2, 3, 1], copies: 2, saved: 2);
        sender.Send(Token(3, isTagged, isCopy: true));
        sender.Send(Token(3, isTagged, isCopy: true));
        await ExpectAsync(stage, [0, 2, 3, 1], copies: 4, saved: 2);
        Assert.Equal(0, stage.Counters.Rejected - stage.Counters[RejectReason.Truncated]); // TakenAsync sends what is truncated
    }

    [Theory]
    [InlineData(TokenAuthentication.Open)]
    [InlineData(TokenAuthentication.Require)]
    public async Task Tokens_that_are_carried_along_are_taken_where_their_own_packets_were_lost(TokenAuthentication authentication)
    {
        await using var stage = await StartAsync(authentication);
        var sender = stage.Sender();
        var isTagged = authentication == TokenAuthentication.Require;
        var datagrams = Enumerable.Range(0, 9).Select(sequence => Carrier(sequence, isTagged)).ToList();

        sender.Send(datagrams[0]);
        sender.Send(datagrams[1]);
        await ExpectAsync(stage, [0, 1], copies: 1, saved: 0);
        sender.Send(datagrams[4]); // 2 and 3 are lost
        await ExpectAsync(stage, [0, 1, 4, 3, 2], copies: 1, saved: 2);
        sender.Send(datagrams[8]); // 5, 6 and 7 are, of which 5 is too far back
        await ExpectAsync(stage, [0, 1, 4, 3, 2, 8, 7, 6], copies: 1, saved: 4);
        sender.Send(datagrams[6]); // overtaken by two
        await ExpectAsync(stage, [0, 1, 4, 3, 2, 8, 7, 6, 5], copies: 3, saved: 5);
        Assert.Equal(0, stage.Counters.Rejected - stage.Counters[RejectReason.Truncated]);
    }

    [Fact]
    public async Task What_a_forged_datagram_carries_along_is_refused_with_it_and_a_replayed_one_brings_nothing_back()
    {
        await using var stage = await StartAsync(TokenAuthentication.Require);
        var sender = stage.Sender();
        var datagrams = Enumerable.Range(0, 4).Select(sequence => Carrier(sequence, isTagged: true)).ToList();

        var forged = (byte[])datagrams[2].Clone();
        forged[^20] ^= 1;
        sender.Send(forged);
        await ExpectAsync(stage, [], copies: 0, saved: 0);
        Assert.Equal(1, stage.Counters[RejectReason.Forged]);
        sender.Send(datagrams[3]);
        await ExpectAsync(stage, [3, 2, 1], copies: 0, saved: 0); // of an earlier time than the first: nobody missed them
        sender.Send(datagrams[3]);
        await ExpectAsync(stage, [3, 2, 1], copies: 0, saved: 0);
        Assert.Equal(1, stage.Counters[RejectReason.Duplicate]);
    }

    [Fact]
    public async Task A_camera_that_counts_anew_sends_no_copies()
    {
        await using var stage = await StartAsync(TokenAuthentication.Open);
        var sender = stage.Sender();
        for (var sequence = 0; sequence < 3; sequence++) sender.Send(Token(sequence, isTagged: false, isCopy: true));
        await ExpectAsync(stage, [0, 1, 2], copies: 0, saved: 2);
        sender.Send(Token(1, isTagged: false, isCopy: true, at: 7)); // the same number, captured at another time
        await ExpectAsync(stage, [0, 1, 2, 7], copies: 0, saved: 2);
    }

    private Task<GatewayStage> StartAsync(TokenAuthentication authentication) => GatewayStage.StartAsync(
        scenes: [new SceneOptions { Name = _scene, Keying = WindowKeying.Sequence, T = 60_000, Authentication = authentication }],
        keys: new ViewKeysOptions { Views = [$"{_scene}/0 {System.Buffers.Text.Base64Url.EncodeToString(_secret)}"] });

    private async Task ExpectAsync(GatewayStage stage, long[] decisions, long copies, long saved)
    {
        await stage.TakenAsync();
        Assert.Equal(decisions, stage.Lanes.Calls.SelectMany(call => call.Tokens).Select(token => token.Decision));
        lock (_counted)
        {
            Assert.Equal(copies, _counted.GetValueOrDefault("jtfa.ingress.copies"));
            Assert.Equal(saved, _counted.GetValueOrDefault("jtfa.ingress.saved"));
        }
    }

    private byte[] Token(long sequence, bool isTagged, bool isCopy = false, long? at = null) =>
        Write(Packet(sequence, isTagged, isCopy, at ?? sequence, default));

    private byte[] Carrier(long sequence, bool isTagged)
    {
        var packet = Packet(sequence, isTagged, isCopy: false, sequence, default);
        var earlier = _history.Before(packet, 200).ToArray();
        _history.Add(packet);
        return Write(Packet(sequence, isTagged, isCopy: false, sequence, earlier));
    }

    private byte[] Write(in TokenPacket packet)
    {
        var datagram = new byte[TokenPacket.MaxDatagramBytes];
        var length = PacketCodec.Write(packet, datagram);
        if (packet.Epoch is not null) _key.Sign(datagram.AsSpan(0, length));
        return datagram[..length];
    }

    private TokenPacket Packet(long sequence, bool isTagged, bool isCopy, long at, ReadOnlySpan<byte> earlier)
    {
        var values = new sbyte[AxisHead.Dimension];
        var scale = AxisHead.Encode(1, TokenEncoding.Plain, 0, values);
        return new TokenPacket
        {
            Timestamp = _began + (at * 0.001),
            View = 0,
            Encoding = TokenEncoding.Plain,
            Scale = scale,
            Values = values,
            Label = 1,
            DecisionId = at,
            Sequence = sequence,
            IsCopy = isCopy,
            Earlier = earlier,
            Epoch = isTagged ? 5u : null,
        };
    }
}
