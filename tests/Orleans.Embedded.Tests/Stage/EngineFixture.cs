using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Embedded.Tests;
using Orleans.Storage;
using Orleans.TestingHost;

[assembly: AssemblyFixture(typeof(EngineFixture))]

namespace Orleans.Embedded.Tests;

/// <summary>One silo, which all tests share that need none of their own; each test plays on grains of its own.</summary>
public sealed class EngineFixture : IAsyncLifetime
{
    /// <summary>Name of the silo's stream provider.</summary>
    public const string Streams = "streams";

    /// <summary>Name of the silo's grain storage.</summary>
    public const string Storage = "storage";

    private InProcessTestCluster? _cluster;

    /// <summary>What the silo's actors play.</summary>
    public Acts Acts { get; } = new();

    /// <summary>What the silo logs.</summary>
    public Journal Journal { get; } = new();

    /// <summary>A client from outside the silo.</summary>
    public IClusterClient Outside => _cluster!.Client;

    /// <summary>The silo's own client.</summary>
    public IClusterClient Client => _cluster!.GetSiloServiceProvider().GetRequiredService<IClusterClient>();

    /// <summary>A silo whose actors play <paramref name="acts"/>, not yet started.</summary>
    public static InProcessTestCluster Build(Acts acts, Action<ISiloBuilder>? configure = null, Journal? journal = null)
    {
        var builder = new InProcessTestClusterBuilder(1);
#if ORLEANS
        builder.Options.ConfigureFileLogging = false;
#endif
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton(acts);
            if (journal is not null) silo.Services.AddSingleton<ILoggerProvider>(journal);
            silo.AddMemoryGrainStorage(Storage);
            silo.Services.AddKeyedSingleton<IGrainStorage, BrokenStorage>(BrokenStorage.Name);
            silo.AddMemoryGrainStorage("PubSubStore");
            silo.AddMemoryStreams(Streams);
            configure?.Invoke(silo);
        });
        return builder.Build();
    }

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        _cluster = Build(Acts, journal: Journal);
        await _cluster.DeployAsync();
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _cluster!.DisposeAsync();
}
