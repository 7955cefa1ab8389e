using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace Jtfa.Grains.Tests.Orleans;

/// <summary>A silo of Orleans alone, which the tests of one collection share; each has probes of its own.</summary>
public sealed class OrleansSilo : IAsyncLifetime
{
    public const string Storage = "probes";
    public const string Streams = "streams";

    private readonly InProcessTestCluster _cluster;

    public OrleansSilo()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton(Acts);
            silo.AddMemoryGrainStorage(Storage);
            silo.AddMemoryGrainStorage("PubSubStore");
            silo.AddMemoryStreams(Streams);
        });
        builder.ConfigureClient(client => client.AddMemoryStreams(Streams));
        _cluster = builder.Build();
    }

    public ProbeActs Acts { get; } = new();

    public IClusterClient Client => _cluster.Client;

    public async ValueTask InitializeAsync() => await _cluster.DeployAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();
}

[CollectionDefinition(Name)]
public sealed class OrleansSiloTests : ICollectionFixture<OrleansSilo>
{
    public const string Name = "Orleans";
}

/// <summary>Probes and what they run. What the tests of this folder pin is what JTFA's grains and their callers rely on.</summary>
[Collection(OrleansSiloTests.Name)]
public abstract class OrleansTests(OrleansSilo silo)
{
    private protected const int TestTimeout = 60_000;

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected OrleansSilo Silo => silo;

    /// <summary>Answers which activation it is.</summary>
    private protected int Which => Act(probe => Task.FromResult(probe.Activation));

    private protected static string NewKey() => Guid.NewGuid().ToString("N");

    private protected static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private protected IProbeGrain NewProbe(string? key = null) => silo.Client.GetGrain<IPlainProbeGrain>(key ?? NewKey());

    private protected int Act(Func<Probe, Task<string>> act) => silo.Acts.Add(act);

    private protected int Act(Func<Probe, Task> act) => silo.Acts.Add(async probe =>
    {
        await act(probe);
        return "";
    });

    private protected int Act(Action<Probe> act) => silo.Acts.Add(probe =>
    {
        act(probe);
        return Task.FromResult("");
    });
}
