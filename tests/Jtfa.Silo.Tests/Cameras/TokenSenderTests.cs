using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Silo.Cameras;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Tests.Cameras;

public sealed class TokenSenderTests
{
    private readonly ManualClock _time = new(Fixtures.Start);
    private readonly LogCollector _log = new();
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_gateway_that_is_away_is_counted_and_logged_once_and_gets_tokens_when_it_is_back()
    {
        int port;
        using (var gone = new Gateway()) port = gone.Port;
        using var sender = Sender($"127.0.0.1:{port}");
        await sender.OpenAsync(_cancellation);
        await SendAsync(sender, until: () => sender.Failures >= 5);
        var warning = Assert.Single(_log.Entries);
        Assert.Equal(LogLevel.Warning, warning.Level);
        Assert.Contains($"127.0.0.1:{port}", warning.Message, StringComparison.Ordinal);

        using var back = new Gateway(port);
        await SendAsync(sender, until: () => _log.Entries.Count == 2);
        Assert.Contains($"127.0.0.1:{port} (127.0.0.1:{port}) again after", _log.Entries.Last().Message, StringComparison.Ordinal);
        Assert.True(back.Waiting > 0);
        var failures = sender.Failures;
        for (var i = 0; i < 5; i++) Assert.True(await sender.SendAsync(new byte[1], _cancellation));
        Assert.Equal(failures, sender.Failures);
    }

    [Theory]
    [InlineData(64)] // no label of a name may be that long
    [InlineData(300)] // no name may
    public async Task A_host_that_does_not_resolve_is_counted_and_logged_once(int length)
    {
        using var sender = Sender($"{new string('x', length)}:5005");
        await sender.OpenAsync(_cancellation);
        Assert.Equal(1, sender.Failures);
        Assert.False(await sender.SendAsync(new byte[1], _cancellation));
        Assert.Equal(1, sender.Failures); // looked up a moment ago: not again
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(await sender.SendAsync(new byte[1], _cancellation));
        Assert.Equal(2, sender.Failures);
        Assert.Single(_log.Entries);
    }

    [Fact]
    public async Task Names_and_bracketed_addresses_are_destinations()
    {
        using var gateway = new Gateway();
        using var byName = Sender($"localhost:{gateway.Port}");
        await byName.OpenAsync(_cancellation);
        // localhost may mean ::1 first, where nobody listens: the next lookup tries its next address.
        await SendAsync(byName, until: () => gateway.Waiting > 0);

        using var byAddress = Sender($"[::1]:{gateway.Port}");
        await byAddress.OpenAsync(_cancellation);
        await byAddress.SendAsync(new byte[1], _cancellation);
    }

    [Fact]
    public async Task A_gateway_that_goes_away_costs_one_token_and_the_next_one_named_gets_the_others()
    {
        var first = new Gateway();
        using var second = new Gateway();
        using var sender = Sender($"127.0.0.1:{first.Port}, 127.0.0.1:{second.Port}");
        await sender.OpenAsync(_cancellation);
        Assert.True(await sender.SendAsync(new byte[1], _cancellation));
        Assert.Equal((1, 0), (first.TakeAll(), second.TakeAll()));
        first.Dispose();

        // The first of these goes nowhere; that it did is told when the second is sent, which then goes to the other gateway.
        for (var i = 0; i < 10; i++) await sender.SendAsync(new byte[1], _cancellation);
        Assert.Equal(9, second.TakeAll());
        Assert.Equal(1, sender.Failures);
    }

    [Fact]
    public async Task Other_gateways_in_the_directory_are_taken_at_once_the_best_first()
    {
        using var first = new Gateway();
        using var second = new Gateway();
        var directory = new ChangingDirectory($"127.0.0.1:{first.Port}");
        using var sender = new TokenSender(new CameraConfig(), directory, _time, _log);
        await sender.OpenAsync(_cancellation);
        await sender.SendAsync(new byte[1], _cancellation);
        directory.Change($"127.0.0.1:{second.Port}", $"127.0.0.1:{first.Port}");
        await sender.SendAsync(new byte[1], _cancellation);
        Assert.Equal((1, 1), (first.TakeAll(), second.TakeAll()));

        directory.Change(); // none is known: better the old one than none
        await sender.SendAsync(new byte[1], _cancellation);
        Assert.Equal((0, 1), (first.TakeAll(), second.TakeAll()));
        Assert.Empty(_log.Entries);
    }

    // As where the kernel sends no port-unreachable any more, or where a gateway hangs: its socket takes tokens and nobody answers.
    [Fact]
    public async Task A_gateway_that_answers_no_more_is_left_within_half_a_second_for_one_that_does()
    {
        using var first = new Gateway();
        using var second = new Gateway();
        using var sender = Sender($"127.0.0.1:{first.Port}, 127.0.0.1:{second.Port}");
        await sender.OpenAsync(_cancellation);
        for (var i = 0; i < 50; i++) Assert.Equal(1, await SendTokenAsync(sender, i, first));

        // It hangs. What it had no time to answer is sent to the other one as well.
        var silent = 0;
        for (; second.Waiting == 0; silent++) await SendTokenAsync(sender, 50 + silent);
        Assert.InRange(silent, 6, 7);
        Assert.Contains("no receipt", Assert.Single(_log.Entries).Message);
        Assert.Equal(silent, second.AnswerAll());
        Assert.Equal(silent - 1, first.TakeAll());

        for (var i = 0; i < 100; i++) Assert.Equal(1, await SendTokenAsync(sender, 100 + i, second));
        Assert.Contains("again after", _log.Entries.Last().Message);
        Assert.Equal(2, _log.Entries.Count);
    }

    [Fact]
    public async Task Where_no_gateway_answers_tokens_change_between_them_more_and_more_seldom()
    {
        using var first = new Gateway();
        using var second = new Gateway();
        using var sender = Sender($"127.0.0.1:{first.Port}, 127.0.0.1:{second.Port}");
        await sender.OpenAsync(_cancellation);
        var changes = new List<int>();
        for (var (i, at) = (0, first); i < 600; i++)
        {
            await SendTokenAsync(sender, i);
            var (atFirst, atSecond) = (first.TakeAll(), second.TakeAll());
            Assert.NotEqual(atFirst > 0, atSecond > 0);
            var now = atFirst > 0 ? first : second;
            if (now != at) changes.Add(i);
            at = now;
        }

        Assert.InRange(changes.Count, 9, 14); // in a minute
        Assert.InRange(changes[^1] - changes[^2], 80, 90);
        Assert.Single(_log.Entries);
    }

    [Fact]
    public void A_camera_with_a_key_believes_receipts_of_this_run_alone_and_each_once()
    {
        byte[] bytes = [.. Enumerable.Repeat((byte)3, TokenKey.Size)];
        using var right = new TokenKey(bytes);
        using var wrong = new TokenKey(new byte[TokenKey.Size]);
        using var identity = new CameraIdentity(new TokenKey(bytes), epoch: 8);
        var answers = new GatewayAnswers(view: 2, identity, _time);

        Assert.NotNull(answers.Take(Receipt(2, 8, 5, right)));
        Assert.Null(answers.Take(Receipt(2, 8, 5, right))); // recorded, and sent again
        Assert.Null(answers.Take(Receipt(2, 8, 4, right)));
        Assert.Null(answers.Take(Receipt(2, 7, 9, right))); // of an earlier run
        Assert.Null(answers.Take(Receipt(3, 8, 9, right)));
        Assert.Null(answers.Take(Receipt(2, 8, 9, wrong)));
        Assert.Null(answers.Take(Receipt(2, 8, 9, null)));
        Assert.Null(answers.Take([]));
        Assert.NotNull(answers.Take(Receipt(2, 8, 6, right)));
        Assert.NotNull(new GatewayAnswers(view: 2, identity: null, _time).Take(Receipt(2, 8, 6, null)));
    }

    private sealed class ChangingDirectory(params string[] gateways) : IGatewayDirectory
    {
        private string[] _gateways = gateways;

        public long Version { get; private set; }

        public IReadOnlyList<string> GatewaysFor(CameraConfig camera) => _gateways;

        public void Change(params string[] gateways)
        {
            _gateways = gateways;
            Version++;
        }
    }

    private TokenSender Sender(string destination) =>
        new(new CameraConfig { Destination = destination }, new ConfiguredGateways(), _time, _log);

    private static byte[] Receipt(int view, uint epoch, long sequence, TokenKey? key)
    {
        var receipt = new byte[ReceiptCodec.MaxBytes];
        return receipt[..ReceiptCodec.Write(new TokenPacket { View = view, Epoch = epoch, Sequence = sequence }, key, receipt)];
    }

    /// <summary>Sends a token and lets a tenth of a second pass; a gateway answers it.</summary>
    /// <returns>What the gateway got.</returns>
    private async Task<int> SendTokenAsync(TokenSender sender, long sequence, Gateway? answering = null)
    {
        var datagram = new byte[TokenPacket.MaxDatagramBytes];
        var length = PacketCodec.Write(new TokenPacket { Scale = 1, Values = new sbyte[16], Sequence = sequence }, datagram);
        Assert.True(await sender.SendAsync(datagram.AsMemory(0, length), sequence, _cancellation));
        var taken = answering?.AnswerAll() ?? 0;
        _time.Advance(TimeSpan.FromMilliseconds(100));
        return taken;
    }

    /// <summary>Sends a datagram after another, a second apart, until something is so.</summary>
    private async Task SendAsync(TokenSender sender, Func<bool> until)
    {
        for (var i = 0; !until(); i++)
        {
            Assert.InRange(i, 0, 1000);
            await sender.SendAsync(new byte[1], _cancellation);
            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }
}
