using System.Threading.Channels;
using Orleans.Streams;

namespace Jtfa.Grains.Tests.Orleans;

/// <summary>A stream whose only publisher awaits each batch.</summary>
public sealed class StreamTests(OrleansSilo silo) : OrleansTests(silo)
{
    [Fact(Timeout = TestTimeout)]
    public async Task Items_of_batches_come_once_and_in_order_to_each_who_listens_beside_one_that_fails()
    {
        var id = StreamId.Create("probes", NewKey());
        var stream = Silo.Client.GetStreamProvider(OrleansSilo.Streams).GetStream<int>(id);
        await stream.SubscribeAsync((_, _) => throw new InvalidOperationException("A subscriber that fails."));
        var readers = new[] { await ListenAsync(stream), await ListenAsync(stream) };

        await NewProbe().RunAsync(Act(async probe =>
        {
            var own = probe.GetStreamProvider(OrleansSilo.Streams).GetStream<int>(id);
            for (var batch = 0; batch < 20; batch++) await own.OnNextBatchAsync(Enumerable.Range(10 * batch, 10));
        }));

        foreach (var reader in readers)
        {
            for (var item = 0; item < 200; item++) Assert.Equal(item, await reader.ReadAsync(Cancellation));
            Assert.Equal(0, reader.Count);
        }
    }

    private static async Task<ChannelReader<int>> ListenAsync(IAsyncStream<int> stream)
    {
        var items = Channel.CreateUnbounded<int>();
        await stream.SubscribeAsync((item, _) => items.Writer.WriteAsync(item).AsTask());
        return items.Reader;
    }
}
