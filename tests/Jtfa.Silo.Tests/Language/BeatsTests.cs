using System.Text;
using System.Threading.Channels;
using Jtfa.Interfaces;
using Jtfa.Silo.Http;
using Jtfa.Silo.Http.OpenAI;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace Jtfa.Silo.Tests.Language;

/// <summary>A text that says nothing for long does not look like a connection that is dead.</summary>
public sealed class BeatsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task A_silent_text_beats_and_each_piece_comes_through()
    {
        var clock = new ManualClock(DateTimeOffset.UnixEpoch);
        using var readers = new Readers(new HttpOptions(), new Lifetime());
        using var body = new MemoryStream();
        var events = new EventStream(new DefaultHttpContext { Response = { Body = body } }.Response, readers);
        var pieces = Channel.CreateUnbounded<TextPiece>();
        await using var reading = pieces.Reader.ReadAllAsync(Cancel).BeatingAsync(events, clock, Cancel).GetAsyncEnumerator(Cancel);
        var next = reading.MoveNextAsync();
        for (var beats = 1; beats <= 3; beats++)
        {
            Assert.False(next.IsCompleted);
            clock.Advance(EventStream.Heartbeat);
            await Condition.HoldsAsync(() => Written(), written => written == beats, $"{beats} heartbeats");
        }

        pieces.Writer.TryWrite(new() { Text = "a" });
        Assert.True(await next);
        Assert.Equal("a", reading.Current.Text);

        // Pieces that are not told are no news to who reads.
        clock.Advance(EventStream.Heartbeat);
        pieces.Writer.TryWrite(new() { Text = "b" });
        pieces.Writer.Complete();
        Assert.True(await reading.MoveNextAsync());
        Assert.Equal(4, Written());
        Assert.False(await reading.MoveNextAsync());

        int Written() => Encoding.UTF8.GetString(body.ToArray()).Split(":\n\n").Length - 1;
    }

    private sealed class Lifetime : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => default;

        public CancellationToken ApplicationStopping => default;

        public CancellationToken ApplicationStopped => default;

        public void StopApplication()
        {
        }
    }
}
