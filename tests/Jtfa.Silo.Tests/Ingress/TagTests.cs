using Jtfa.Core;
using Jtfa.Grains;
using Jtfa.Silo.Ingress;
using Jtfa.Silo.Trust;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>Which tokens a gateway takes by their tags, on real sockets.</summary>
public sealed class TagTests
{
    private static readonly byte[][] s_keys = [.. Enumerable.Range(1, 4).Select(i => Enumerable.Repeat((byte)i, TokenKey.Size).ToArray())];

    private readonly Dictionary<RejectReason, long> _counted = [];
    private readonly TokenKey[] _keys = [.. s_keys.Select(key => new TokenKey(key))];

    [Fact]
    public async Task Required_tags_are_of_the_view_whole_new_and_of_its_newest_epoch()
    {
        await using var stage = await StartAsync(TokenAuthentication.Require);
        var sender = stage.Sender();

        sender.Send(1, 0);
        await ExpectAsync(stage, RejectReason.Untagged);
        sender.Send(sender.Sign(_keys[1], 5, 1, 1, 0)); // of view 1
        await ExpectAsync(stage, RejectReason.Forged);
        sender.Send(sender.Sign(_keys[0], 5, 1, 1, 7)); // a view without a key
        await ExpectAsync(stage, RejectReason.Forged);
        var changed = sender.Sign(_keys[0], 5, 1, 1, 0);
        changed[^1] ^= 1;
        sender.Send(changed);
        await ExpectAsync(stage, RejectReason.Forged);

        var first = sender.Sign(_keys[0], 5, 100, 1, 0);
        sender.Send(first);
        await ExpectAsync(stage, RejectReason.None);
        sender.Send(first);
        await ExpectAsync(stage, RejectReason.Duplicate);
        sender.Send(sender.Sign(_keys[0], 5, 200, 1, 0));
        await ExpectAsync(stage, RejectReason.None);
        sender.Send(sender.Sign(_keys[0], 5, 199, 1, 0)); // overtaken by one on the way
        await ExpectAsync(stage, RejectReason.None);
        sender.Send(sender.Sign(_keys[0], 5, 136, 1, 0));
        await ExpectAsync(stage, RejectReason.Replayed);
        sender.Send(sender.Sign(_keys[0], 6, 0, 1, 0)); // its camera was started again
        await ExpectAsync(stage, RejectReason.None);
        sender.Send(sender.Sign(_keys[0], 5, 300, 1, 0));
        await ExpectAsync(stage, RejectReason.Replayed);
        sender.Send(sender.Sign(_keys[1], 1, 0, 1, 1)); // another view has another epoch
        await ExpectAsync(stage, RejectReason.None);
    }

    [Fact]
    public async Task While_a_key_changes_both_are_good()
    {
        await using var stage = await StartAsync(TokenAuthentication.Require, Line(0, 2));
        var sender = stage.Sender();

        sender.Send(sender.Sign(_keys[0], 5, 1, 1, 0));
        await ExpectAsync(stage, RejectReason.None);
        sender.Send(sender.Sign(_keys[2], 6, 1, 1, 0));
        await ExpectAsync(stage, RejectReason.None);
        sender.Send(sender.Sign(_keys[3], 7, 1, 1, 0));
        await ExpectAsync(stage, RejectReason.Forged);
    }

    [Fact]
    public async Task Preferred_tags_may_be_absent_until_the_view_has_sent_one()
    {
        await using var stage = await StartAsync(TokenAuthentication.Prefer);
        var sender = stage.Sender();

        sender.Send(1, 0);
        await ExpectAsync(stage, RejectReason.None);
        sender.Send(sender.Sign(_keys[3], 5, 1, 1, 0));
        await ExpectAsync(stage, RejectReason.Forged);
        sender.Send(1, 0); // a forged tag proves nothing
        await ExpectAsync(stage, RejectReason.None);
        sender.Send(sender.Sign(_keys[0], 5, 1, 1, 0));
        await ExpectAsync(stage, RejectReason.None);
        sender.Send(1, 0);
        await ExpectAsync(stage, RejectReason.Untagged);
        sender.Send(1, 1); // another view
        await ExpectAsync(stage, RejectReason.None);
        sender.Send(sender.Sign(_keys[3], 5, 1, 1, 7)); // nothing is known of it
        await ExpectAsync(stage, RejectReason.None);
    }

    [Fact]
    public async Task An_open_scene_asks_for_nothing()
    {
        await using var stage = await StartAsync(TokenAuthentication.Open);
        var sender = stage.Sender();

        sender.Send(1, 0);
        await ExpectAsync(stage, RejectReason.None);
        for (var copies = 0; copies < 2; copies++)
        {
            sender.Send(sender.Sign(_keys[3], 5, 1, 1, 0));
            await ExpectAsync(stage, RejectReason.None);
        }
    }

    [Fact]
    public async Task A_vector_longer_than_the_head_allows_is_refused()
    {
        await using var stage = await StartAsync(TokenAuthentication.Open, maxNorm: 3.01);
        var sender = stage.Sender();

        sender.Send(1, 0, label: 2);
        await ExpectAsync(stage, RejectReason.None);
        sender.Send(1, 0, label: 2, stretch: 1e6);
        await ExpectAsync(stage, RejectReason.TooLarge);
    }

    // A receipt is signed where the token was, and never goes to who cannot sign.
    [Theory]
    [InlineData(TokenAuthentication.Require)]
    [InlineData(TokenAuthentication.Open)]
    public async Task A_view_that_sends_is_answered(TokenAuthentication authentication)
    {
        await using var stage = await StartAsync(authentication);
        var (camera, stranger) = (stage.Sender(), stage.Sender());

        stranger.Send(stranger.Sign(_keys[3], 9, 1, 1, 0));
        stranger.Send(1, 1);
        camera.Send(camera.Sign(_keys[0], 5, 41, 1, 0));
        await stage.TakenAsync();

        var isOpen = authentication == TokenAuthentication.Open;
        if (isOpen)
        {
            Assert.True(ReceiptCodec.TryParse(stranger.Received(), out var unsigned));
            Assert.Equal(new Receipt(0, 1, null, 1), unsigned);
            Assert.True(ReceiptCodec.TryParse(stranger.Received(), out unsigned));
            Assert.Equal(new Receipt(1, null, null, 1), unsigned);
        }

        Assert.Null(stranger.Received());
        if (isOpen) return; // view 0 was answered a moment ago
        var answer = camera.Received()!;
        Assert.True(ReceiptCodec.TryParse(answer, out var receipt));
        // Tokens that were refused for their tag are not counted.
        Assert.Equal(new Receipt(0, 41, 5, authentication == TokenAuthentication.Require ? 1 : 2), receipt);
        Assert.True(_keys[0].IsSigned(answer));
        Assert.Null(camera.Received());
    }

    [Fact]
    public async Task Views_without_a_key_are_told_at_start_and_so_is_an_open_scene_that_others_reach()
    {
        await using var stage = await StartAsync(TokenAuthentication.Require);
        Assert.Contains("its views 2, 3, ", Assert.Single(stage.Log.From(LogLevel.Warning)));

        var options = new IngressOptions { Address = "0.0.0.0", Sockets = GatewayStage.AnyPort };
        await using var open = await GatewayStage.StartAsync(options, [GatewayStage.BySequence("gate")]);
        Assert.Contains("Scene gate takes tokens of anybody", Assert.Single(open.Log.From(LogLevel.Warning)));
    }

    private static string Line(int view, int key) => $"yard/{view} {System.Buffers.Text.Base64Url.EncodeToString(s_keys[key])}";

    private static Task<GatewayStage> StartAsync(TokenAuthentication authentication, string? more = null, double? maxNorm = null)
    {
        var keys = new ViewKeysOptions { Views = [Line(0, 0), Line(1, 1)] };
        if (more is not null) keys.Views.Add(more);
        var scene = new SceneOptions { Name = "yard", Keying = WindowKeying.Sequence, T = 60_000, Authentication = authentication };
        return GatewayStage.StartAsync(scenes: [scene], keys: keys, maxNorm: maxNorm);
    }

    // What was sent last is refused for this reason.
    private async Task ExpectAsync(GatewayStage stage, RejectReason reason)
    {
        await stage.TakenAsync();
        foreach (var known in Enum.GetValues<RejectReason>())
        {
            if (known is RejectReason.None or RejectReason.Truncated) continue; // TakenAsync sends what is truncated
            var counted = stage.Counters[known];
            Assert.Equal((known, known == reason ? 1 : 0), (known, counted - _counted.GetValueOrDefault(known)));
            _counted[known] = counted;
        }
    }
}
