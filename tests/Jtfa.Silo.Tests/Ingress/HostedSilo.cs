using System.Collections.Concurrent;
using System.Diagnostics;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Silo.Ingress;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>A whole silo in this process: real sockets, real grains, and a log that tests look into, or the real one.</summary>
internal sealed class HostedSilo : IAsyncDisposable
{
    public const string Scene = "yard";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("jtfa-hosted-");
    private readonly IHost _host;

    private HostedSilo(KeptDecisions? decisions, Dictionary<string, string?> settings)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Jtfa:Ingress:Sockets:0:Port"] = "0",
            ["Jtfa:Scenes:0:Name"] = Scene,
            ["Jtfa:Scenes:0:Keying"] = "Sequence",
            ["Jtfa:Scenes:0:Head"] = AxisHead.Write(_folder.FullName),
            ["Jtfa:Log:Path"] = Path.Combine(_folder.FullName, "jtfa.db"),
        });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.AddProvider(Log);
        if (decisions is not null) builder.Services.AddSingleton<IDecisionLog>(decisions);
        Program.AddSilo(builder);
        _host = builder.Build();
    }

    public CollectedLog Log { get; } = new();

    public IServiceProvider Services => _host.Services;

    public UdpGateway Gateway => _host.Services.GetRequiredService<UdpGateway>();

    public static async Task<HostedSilo> StartAsync(KeptDecisions? decisions, Dictionary<string, string?> settings)
    {
        var silo = new HostedSilo(decisions, settings);
        try
        {
            await SiloRun.StartAsync(() => silo._host, TestContext.Current.CancellationToken);
            return silo;
        }
        catch
        {
            // What has not started is not stopped.
            await silo.DisposeHostAsync();
            throw;
        }
    }

    /// <summary>Waits, without giving up the thread, until the gateway has received so many datagrams.</summary>
    public void AwaitReceived(long sent)
    {
        var clock = Stopwatch.StartNew();
        for (var spin = new SpinWait(); Gateway.Counters.Received < sent; spin.SpinOnce())
        {
            var counters = Gateway.Counters;
            if (clock.Elapsed.TotalSeconds > 60)
                throw new TimeoutException(
                    $"{counters.Received} of {sent} datagrams received, {counters.KernelDrops} dropped by the kernel");
        }
    }

    public Task<SceneStatistics> GetStatisticsAsync()
    {
        var scene = _host.Services.GetRequiredService<IGrainFactory>().GetGrain<ISceneGrain>(Scene);
        return scene.GetStatisticsAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _host.StopAsync(CancellationToken.None);
        }
        finally
        {
            await DisposeHostAsync();
        }
    }

    private async Task DisposeHostAsync()
    {
        if (_host is IAsyncDisposable host) await host.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}

/// <summary>A log in memory; an append completes when <paramref name="committed"/> does.</summary>
internal sealed class KeptDecisions(Task? committed = null) : IDecisionLog
{
    private readonly ConcurrentQueue<Decision> _all = new();

    public int Count => _all.Count;

    public IReadOnlyList<Decision> All => [.. _all];

    public ValueTask AppendAsync(Decision decision)
    {
        _all.Enqueue(decision);
        return committed is null ? ValueTask.CompletedTask : new ValueTask(committed);
    }

    public void Append(SceneMinute minute)
    {
    }

    public Task<SceneHistory> GetHistoryAsync(string scene, CancellationToken cancellationToken) =>
        Task.FromResult(new SceneHistory(default, [], []));

    public Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
