using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace Jtfa.Cluster.Tests.Processes;

/// <summary>An Orleans client with whatever it knows or claims.</summary>
internal static class StrangerClient
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>Connects to a cluster.</summary>
    /// <param name="configure">Where the silos are, and what it shows them.</param>
    /// <param name="pose">Changes it before it connects.</param>
    /// <exception cref="TimeoutException">No silo has answered in time; other exceptions say why none has taken it.</exception>
    public static async Task<IHost> ConnectAsync(Action<IClientBuilder> configure, Action<IServiceProvider>? pose = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = ("jtfa", "jtfa"));
            configure(client);
        });
        var host = builder.Build();
        try
        {
            pose?.Invoke(host.Services);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            limit.CancelAfter(s_patience);
            await host.StartAsync(limit.Token).WaitAsync(s_patience, TestContext.Current.CancellationToken);
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <summary>What its calls go through.</summary>
    public static IClusterClient Orleans(this IHost host) => host.Services.GetRequiredService<IClusterClient>();
}
