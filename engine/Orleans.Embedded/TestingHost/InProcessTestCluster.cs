using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;

namespace Orleans.TestingHost;

/// <summary>Settings of one silo of a test cluster.</summary>
public sealed class InProcessTestSiloSpecificOptions
{
    /// <summary>The silo's name.</summary>
    public string SiloName { get; set; } = "Primary";
}

/// <summary>Builds a <see cref="InProcessTestCluster"/>.</summary>
public sealed class InProcessTestClusterBuilder
{
    private readonly List<Action<IHostApplicationBuilder>> _configure = [];

    /// <summary>A cluster of one silo, which is all that this engine has.</summary>
    /// <exception cref="NotSupportedException">More than one silo.</exception>
    public InProcessTestClusterBuilder(short initialSilosCount)
    {
        if (initialSilosCount != 1) throw SiloBuilderExtensions.SecondSilo();
    }

    /// <summary>Configures the silo.</summary>
    public InProcessTestClusterBuilder ConfigureSilo(Action<InProcessTestSiloSpecificOptions, ISiloBuilder> configureSiloDelegate)
    {
        _configure.Add(host => host.UseOrleans(silo => configureSiloDelegate(new InProcessTestSiloSpecificOptions(), silo)));
        return this;
    }

    /// <summary>Makes the cluster; <see cref="InProcessTestCluster.DeployAsync"/> starts it.</summary>
    public InProcessTestCluster Build() => new(_configure);
}

/// <summary>A silo in the test's own process.</summary>
public sealed class InProcessTestCluster : IAsyncDisposable
{
    private readonly IHost _host;

    internal InProcessTestCluster(IEnumerable<Action<IHostApplicationBuilder>> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleans(_ => { });
        foreach (var action in configure) action(builder);
        _host = builder.Build();
    }

    /// <summary>A client of the cluster.</summary>
    public IClusterClient Client => _host.Services.GetRequiredService<IClusterClient>();

    /// <summary>Starts the silo.</summary>
    public Task DeployAsync() => _host.StartAsync();

    /// <summary>Stops the silo.</summary>
    public Task StopAllSilosAsync() => _host.StopAsync();

    /// <summary>The silo's services.</summary>
    public IServiceProvider GetSiloServiceProvider() => _host.Services;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}
