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
        Assert.Contains("again after", _log.Entries.Last().Message, StringComparison.Ordinal);
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
