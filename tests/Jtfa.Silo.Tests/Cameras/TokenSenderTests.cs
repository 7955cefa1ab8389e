using Jtfa.Interfaces;
using Jtfa.Silo.Cameras;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Tests.Cameras;

public sealed class TokenSenderTests
{
    private readonly ManualTimeProvider _time = new(Fixtures.Start);
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

    private TokenSender Sender(string destination) => new(new CameraConfig { Destination = destination }, new ConfiguredGateways(), _time, _log);

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
