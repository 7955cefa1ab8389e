using System.Buffers.Text;
using Jtfa.Core;
using Jtfa.Grains;
using Jtfa.Silo.Trust;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>Version 2 of the wire at a gateway, beside version 1 on the same port.</summary>
public class ArrayTests
{
    private static readonly SceneOptions[] s_scenes =
        [GatewayStage.BySequence("yard"), new SceneOptions { Name = "hall", Index = 300, Keying = WindowKeying.Sequence, T = 60_000 }];

    [Fact(Timeout = 120_000)]
    public async Task A_scene_is_found_by_its_index_and_without_one_by_the_port()
    {
        await using var stage = await GatewayStage.StartAsync(scenes: s_scenes);
        var sender = stage.Sender();
        sender.Send(1, view: 0);
        foreach (var quantiser in Enum.GetValues<TokenQuantiser>())
        {
            sender.Send(sender.Array(7, view: 1 + (int)quantiser, decision: 1, quantiser: quantiser));
            sender.Send(sender.Array(7, view: (int)quantiser, decision: 2, quantiser: quantiser, sceneIndex: 300));
        }

        sender.Send(sender.Array(7, view: 0, decision: 3, sceneIndex: 299));
        sender.Send(sender.Array(7, view: 0));
        await stage.TakenAsync();

        Assert.Equal(
            ["hall/2", "hall/2", "hall/2", "yard/1", "yard/1", "yard/1", "yard/1"],
            stage.Lanes.Calls.SelectMany(call => call.Windows).Order(StringComparer.Ordinal));
        Assert.Equal((1, 1), (stage.Counters[RejectReason.UnknownScene], stage.Counters[RejectReason.NoDecisionId]));
        Assert.Contains(stage.Log.Lines, line => line.Contains("no scene is configured here with Index 299"));
    }

    [Fact(Timeout = 120_000)]
    public async Task Times_are_those_nearest_to_the_gateways_clock()
    {
        await using var stage = await GatewayStage.StartAsync();
        var sender = stage.Sender();
        sender.Send(sender.Array(1, view: 0, decision: 1, ago: 5));
        sender.Send(sender.Array(2, view: 1, decision: 1, ago: 60));
        sender.Send(sender.Array(3, view: 2, decision: 1, ago: -60));
        sender.Send(sender.Array(4, view: 3, decision: 1, ago: 5 + (2 * ArrayPacketCodec.TimeReach))); // as if it were 5 s
        await stage.TakenAsync();

        Assert.Equal([0, 3], stage.Lanes.Calls.SelectMany(call => call.Tokens).Select(token => token.View).Order());
        Assert.Equal((1, 1), (stage.Counters[RejectReason.Stale], stage.Counters[RejectReason.Future]));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_tagged_token_is_taken_once_and_answered()
    {
        var bytes = new byte[TokenKey.Size];
        using var key = new TokenKey(bytes);
        await using var stage = await GatewayStage.StartAsync(
            scenes: [new SceneOptions { Name = "yard", Keying = WindowKeying.Sequence, Authentication = TokenAuthentication.Require }],
            keys: new ViewKeysOptions { Views = [$"yard/0 {Base64Url.EncodeToString(bytes)}"] });
        var sender = stage.Sender();
        var token = sender.Array(7, view: 0, decision: 1, epoch: 5, key: key);
        sender.Send(token);
        sender.Send(token);
        sender.Send(sender.Array(8, view: 0, decision: 1));
        token[3] ^= 1;
        sender.Send(token);
        await stage.TakenAsync();

        Assert.Single(stage.Lanes.Calls.SelectMany(call => call.Tokens));
        Assert.Equal(
            (1, 1, 1),
            (stage.Counters[RejectReason.Duplicate], stage.Counters[RejectReason.Untagged], stage.Counters[RejectReason.Forged]));
        var answer = sender.Received();
        Assert.NotNull(answer);
        Assert.True(answer.Length <= token.Length && key.IsSigned(answer));
        Assert.True(ReceiptCodec.TryParse(answer, out var receipt));
        Assert.Equal((0, 7L, 5U), (receipt.View, receipt.Sequence, receipt.Epoch));
    }

    [Fact(Timeout = 120_000)]
    public async Task Tokens_allocate_only_their_place_in_the_block_of_their_lane()
    {
        await using var stage = await GatewayStage.StartAsync(records: false);
        var sender = stage.Sender();
        byte[][] tokens =
            [.. Enumerable.Range(0, 200).Select(view => sender.Array(7, view, decision: 1, quantiser: (TokenQuantiser)(view % 3)))];
        var (few, many) = (0L, 0L);
        for (var round = 0; round < 5; round++)
        {
            few = await AllocationTests.AllocatedByAsync(stage, sender, () => Send(10));
            many = await AllocationTests.AllocatedByAsync(stage, sender, () => Send(200));
        }

        Assert.Equal(TokenBlock.Size(AxisHead.Dimension, 200) - TokenBlock.Size(AxisHead.Dimension, 10), many - few);

        void Send(int count)
        {
            foreach (var token in tokens.Take(count)) sender.Send(token);
        }
    }
}
