using Orleans.Runtime.Providers;

namespace Jtfa.Silo.Cluster;

/// <summary>
/// How long a stream waits before it reads a queue again, or delivers again, when that has failed. By default Orleans waits 10 s and more,
/// although another silo takes over a dead silo's queue within a second or two.
/// </summary>
internal sealed class StreamBackoff : IQueueReaderBackoffProvider, IMessageDeliveryBackoffProvider
{
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(2);

    /// <inheritdoc />
    public TimeSpan Next(int attempt) => s_step * (attempt + 1) < s_longest ? s_step * (attempt + 1) : s_longest;
}
