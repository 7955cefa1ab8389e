using System.Data.Common;
using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Storage;
using Orleans.Streams;

namespace Orleans.Configuration
{
    /// <summary>When idle activations are collected.</summary>
    public class GrainCollectionOptions
    {
        /// <summary>How often the silo looks for idle activations.</summary>
        public TimeSpan CollectionQuantum { get; set; } = TimeSpan.FromMinutes(1);

        /// <summary>How long an activation must be idle to be collected.</summary>
        public TimeSpan CollectionAge { get; set; } = TimeSpan.FromMinutes(15);
    }

    /// <summary>Where grain state is stored.</summary>
    public class AdoNetGrainStorageOptions
    {
        /// <summary>Name of the provider in <see cref="DbProviderFactories"/>.</summary>
        public string Invariant { get; set; } = "";

        /// <summary>The connection string.</summary>
        public string ConnectionString { get; set; } = "";
    }
}

namespace Orleans.Hosting
{
    /// <summary>Configures a silo.</summary>
    public interface ISiloBuilder
    {
        /// <summary>The host's services.</summary>
        IServiceCollection Services { get; }

        /// <summary>The host's configuration.</summary>
        IConfiguration Configuration { get; }
    }

    /// <summary>What a silo can be configured with.</summary>
    public static class SiloBuilderExtensions
    {
        /// <summary>Name of the default storage provider.</summary>
        internal const string DefaultStorage = "Default";

        /// <summary>Runs the silo alone on this machine, which is all that this engine does: ports are not opened.</summary>
        /// <exception cref="NotSupportedException">A primary silo is named: one process is no cluster.</exception>
        public static ISiloBuilder UseLocalhostClustering(
            this ISiloBuilder builder, int siloPort = 11111, int gatewayPort = 30000, IPEndPoint? primarySiloEndpoint = null,
            string serviceId = "dev", string clusterId = "dev")
        {
            if (primarySiloEndpoint is not null) throw SecondSilo();
            return builder;
        }

        /// <summary>Grain state in memory.</summary>
        public static ISiloBuilder AddMemoryGrainStorage(this ISiloBuilder builder, string name)
        {
            builder.Services.AddKeyedSingleton<IGrainStorage, MemoryGrainStorage>(name);
            return builder;
        }

        /// <summary>Grain state in a database.</summary>
        public static ISiloBuilder AddAdoNetGrainStorage(this ISiloBuilder builder, string name, Action<AdoNetGrainStorageOptions> configureOptions)
        {
            builder.Services.Configure(name, configureOptions);
            builder.Services.AddKeyedSingleton<IGrainStorage>(
                name, (services, _) => new AdoNetGrainStorage(name, services.GetRequiredService<IOptionsMonitor<AdoNetGrainStorageOptions>>()));
            return builder;
        }

        /// <summary>Streams within the process.</summary>
        public static ISiloBuilder AddMemoryStreams(this ISiloBuilder builder, string name)
        {
            builder.Services.AddKeyedSingleton<IStreamProvider>(
                name, (services, _) => new MemoryStreamProvider(name, services.GetRequiredService<ILogger<MemoryStreamProvider>>()));
            return builder;
        }

        /// <summary>Configures options.</summary>
        public static ISiloBuilder Configure<TOptions>(this ISiloBuilder builder, Action<TOptions> configureOptions)
            where TOptions : class
        {
            builder.Services.Configure(configureOptions);
            return builder;
        }

        /// <summary>Says that a second silo was asked for.</summary>
        internal static NotSupportedException SecondSilo() => new(
            "The Embedded grain engine is one silo in one process and never a cluster: build with the Orleans engine (docs/engine.md).");
    }

    internal sealed class SiloBuilder(IHostApplicationBuilder host) : ISiloBuilder
    {
        public IServiceCollection Services => host.Services;

        public IConfiguration Configuration => host.Configuration;
    }

    /// <summary>Starts and stops the catalog with its host.</summary>
    internal sealed class EmbeddedSilo(Catalog catalog) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            catalog.Start();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => catalog.StopAsync(cancellationToken);
    }
}

namespace Microsoft.Extensions.Hosting
{
    /// <summary>Adds a silo to a host.</summary>
    public static class OrleansSiloGenericHostExtensions
    {
        /// <summary>Adds a silo to the host; it starts and stops with it.</summary>
        public static IHostApplicationBuilder UseOrleans(this IHostApplicationBuilder hostAppBuilder, Action<ISiloBuilder> configureDelegate)
        {
            ArgumentNullException.ThrowIfNull(configureDelegate);
            if (hostAppBuilder.Services.All(service => service.ServiceType != typeof(Catalog)))
            {
                hostAppBuilder.Services.TryAddSingleton(TimeProvider.System);
                hostAppBuilder.Services.AddSingleton<Catalog>();
                hostAppBuilder.Services.AddSingleton<IClusterClient>(services => services.GetRequiredService<Catalog>());
                hostAppBuilder.Services.AddSingleton<IGrainFactory>(services => services.GetRequiredService<Catalog>());
                hostAppBuilder.Services.AddHostedService<EmbeddedSilo>();
            }

            configureDelegate(new SiloBuilder(hostAppBuilder));
            return hostAppBuilder;
        }
    }
}
