using Jtfa.Core;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>What a gateway adds to windows for views that send when their tokens have moved, on real sockets.</summary>
public sealed class HeldTests
{
    private readonly double _began = TimeProvider.System.UnixSeconds();

    [Fact]
    public async Task A_window_gets_the_held_tokens_of_the_views_that_have_not_moved()
    {
        await using var stage = await GatewayStage.StartAsync();
        var sender = stage.Sender();

        sender.Send(Token(view: 0, decision: 1, at: -0.3, hold: 0.5f, label: 1));
        sender.Send(Token(view: 1, decision: 1, at: -0.3, hold: 0.1f, label: 2));
        sender.Send(Token(view: 2, decision: 1, at: -0.3, hold: null, label: 3));
        await stage.TakenAsync();
        Assert.Equal([(1, 0, 1), (1, 1, 2), (1, 2, 3)], Taken(stage)); // who opened it held nothing yet

        // At that moment view 1's token is too old, and view 2 holds none.
        sender.Send(Token(view: 3, decision: 2, at: -0.1, hold: null, label: 4));
        await stage.TakenAsync();
        Assert.Equal([(2, 3, 4), (2, 0, 1)], Taken(stage).Skip(3));
        sender.Send(Token(view: 2, decision: 2, at: -0.1, hold: null, label: 5)); // it opens nothing
        sender.Send(Token(view: 0, decision: 3, at: -0.05, hold: 0.5f, label: 6));
        await stage.TakenAsync();
        Assert.Equal([(2, 2, 5), (3, 0, 6)], Taken(stage).Skip(5));
        sender.Send(Token(view: 3, decision: 4, at: 0, hold: null, label: 7));
        await stage.TakenAsync();
        Assert.Equal([(4, 3, 7), (4, 0, 6)], Taken(stage).Skip(7));
    }

    [Fact]
    public async Task As_many_windows_and_views_as_there_are_in_a_drain_get_theirs()
    {
        await using var stage = await GatewayStage.StartAsync();
        var sender = stage.Sender();
        for (var view = 0; view < 100; view++) sender.Send(Token(view, decision: 0, at: -0.2, hold: 5, label: 1));
        await stage.TakenAsync();
        await stage.HoldAsync(sender);
        for (var decision = 1; decision <= 100; decision++) sender.Send(Token(200, decision, at: -0.1, hold: null, label: 2));
        await stage.TakenAsync();
        foreach (var window in Taken(stage).Where(token => token.Decision > 0).GroupBy(token => token.Decision))
            Assert.Equal(Enumerable.Range(0, 100).Append(200), window.Select(token => token.View).Order());
        Assert.Equal(100 + (100 * 101), Taken(stage).Count());
    }

    private static IEnumerable<(long Decision, int View, int Label)> Taken(GatewayStage stage) =>
        stage.Lanes.Calls.SelectMany(call => call.Tokens).Select(token => (token.Decision, token.View, token.Label));

    private byte[] Token(int view, long decision, double at, float? hold, int label)
    {
        var values = new sbyte[AxisHead.Dimension];
        var scale = AxisHead.Encode(label, TokenEncoding.Plain, 0, values);
        var datagram = new byte[TokenPacket.MaxDatagramBytes];
        return datagram[..PacketCodec.Write(
            new TokenPacket
            {
                Timestamp = _began + at,
                View = view,
                Encoding = TokenEncoding.Plain,
                Scale = scale,
                Values = values,
                Label = label,
                DecisionId = decision,
                Hold = hold,
            },
            datagram)];
    }
}
