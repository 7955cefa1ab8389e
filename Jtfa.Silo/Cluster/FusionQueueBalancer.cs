using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Streams;

namespace Jtfa.Silo.Cluster;

/// <summary>
/// Shares the streams' queues out among the fusion silos. Orleans' own balancers count every silo of the cluster, and a silo that
/// does not fuse serves no streams: nobody would read the queues that they give to it.
/// </summary>
internal sealed class FusionQueueBalancer(IServiceProvider services, string provider)
    : QueueBalancerBase(services, services.GetRequiredService<ILogger<FusionQueueBalancer>>())
{
    // A silo's metadata arrives a little later than its membership.
    private static readonly TimeSpan s_metadataPeriod = TimeSpan.FromMilliseconds(100);

    private readonly ISiloMetadataCache _metadata = services.GetRequiredService<ISiloMetadataCache>();
    private readonly TimeProvider _clock = services.GetRequiredService<TimeProvider>();
    private readonly Lock _gate = new();
    private ImmutableArray<QueueId> _all = [];
    private ImmutableArray<QueueId> _mine = [];
    private int _changes;

    /// <summary>Makes one for a stream provider.</summary>
    public static IStreamQueueBalancer Create(IServiceProvider services, string provider) => new FusionQueueBalancer(services, provider);

    /// <inheritdoc />
    public override Task Initialize(IStreamQueueMapper queueMapper)
    {
        _all = [.. queueMapper.GetAllQueues().OrderBy(queue => queue.ToString(), StringComparer.Ordinal)];
        return base.Initialize(queueMapper);
    }

    /// <inheritdoc />
    public override IEnumerable<QueueId> GetMyQueues() => _mine;

    /// <inheritdoc />
    public override string ToString() => $"{nameof(FusionQueueBalancer)} of {provider}";

    /// <inheritdoc />
    protected override void OnClusterMembershipChange(HashSet<SiloAddress> activeSilos) =>
        _ = ShareOutAsync([.. activeSilos], Interlocked.Increment(ref _changes));

    private async Task ShareOutAsync(ImmutableArray<SiloAddress> silos, int change)
    {
        while (!Cancellation.IsCancellationRequested && change == Volatile.Read(ref _changes))
        {
            var roles = silos.Select(silo => (Silo: silo, Fuses: Fuses(silo))).ToList();
            if (roles.All(role => role.Fuses is not null))
            {
                await ShareOutAsync([.. roles.Where(role => role.Fuses == true).Select(role => role.Silo).Order()]);
                return;
            }

            await Task.Delay(s_metadataPeriod, _clock, Cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Deals the queues out in turn, so that counts differ by one at most; every silo computes the same result by itself.
    private async Task ShareOutAsync(ImmutableArray<SiloAddress> fusion)
    {
        var place = fusion.IndexOf(SiloAddress);
        ImmutableArray<QueueId> mine = place < 0 ? [] : [.. _all.Where((_, i) => i % fusion.Length == place)];
        lock (_gate)
        {
            if (mine.SequenceEqual(_mine)) return;
            _mine = mine;
        }

        await NotifyListeners();
    }

    // Null: its metadata has not arrived yet.
    private bool? Fuses(SiloAddress silo) =>
        silo.Equals(SiloAddress) ? true
        : _metadata.GetSiloMetadata(silo).Metadata.TryGetValue(Placement.RoleKey, out var role) ? Placement.Fuses(role)
        : null;
}
