using Jtfa.Silo.Cluster;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo;

/// <summary>The life of a silo's host.</summary>
public static partial class SiloRun
{
    // How long stopping a silo whose start failed may take: a service manager does not wait longer.
    private static readonly TimeSpan s_longestRetreat = TimeSpan.FromSeconds(10);

    // A database that answers and yet fails the start must not keep a processor busy.
    private static readonly TimeSpan s_beforeAnotherStart = TimeSpan.FromSeconds(1);

    /// <summary>Builds and starts a silo, and runs it until it is told to stop: by a signal or the token.</summary>
    /// <exception cref="SiloStartException">It cannot start, or was up and is without its database for too long.</exception>
    public static async Task ToEndAsync(Func<IHost> build, CancellationToken cancellationToken)
    {
        IHost host;
        try
        {
            host = await StartAsync(build, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return; // told to stop before it was up: a stop like any other
        }

        using (host)
        {
            var givenUp = host.Services.GetRequiredService<SiloPhase>().GivenUp;
            await host.WaitForShutdownAsync(cancellationToken);
            if (givenUp.IsCompleted) throw await givenUp;
        }
    }

    /// <summary>
    /// Builds and starts a silo. If that fails, the parts that had started are stopped, and the first failure is thrown, even if stopping
    /// fails, too. Where it fails since the database is away, it is built and started again, as long as the database may be waited for:
    /// Orleans does not go on with a start that has failed.
    /// </summary>
    /// <returns>The host, started.</returns>
    /// <exception cref="SiloStartException">It cannot start.</exception>
    /// <exception cref="OperationCanceledException">It was told to stop before it was up.</exception>
    public static async Task<IHost> StartAsync(Func<IHost> build, CancellationToken cancellationToken)
    {
        DatabaseWatch? earlier = null;
        while (true)
        {
            IHost? host = null;
            try
            {
                host = build();
                if (earlier is not null) host.Services.GetService<DatabaseWatch>()?.Continue(earlier);
                await StartAsync(host, cancellationToken);
                var cluster = host.Services.GetRequiredService<SiloClusterOptions>();
                LogUp(LoggerOf(host), cluster.Role, cluster.Provider, cluster.ClusterId);
                return host;
            }
            catch (Exception failure)
            {
                var isStop = failure is OperationCanceledException && IsToldToStop(host, cancellationToken);
                var watch = isStop ? null : host?.Services.GetService<DatabaseWatch>();
                var isWorthAnother = watch?.IsWorthAnotherStart(failure) == true;
                if (host is not null) await RetreatAsync(host);
                if (isStop) throw;
                if (!isWorthAnother) throw SiloStartException.From(failure);
                earlier = watch;
            }

            await Task.Delay(s_beforeAnotherStart, cancellationToken);
        }
    }

    private static async Task StartAsync(IHost host, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var starting = host.StartAsync(end.Token);
        var givenUp = host.Services.GetRequiredService<SiloPhase>().GivenUp;
        if (await Task.WhenAny(starting, givenUp) == starting)
        {
            await starting;
            return;
        }

        await end.CancelAsync();
        await Task.WhenAny(starting, Task.Delay(s_longestRetreat, CancellationToken.None)); // its own exception only follows from that
        throw await givenUp;
    }

    private static bool IsToldToStop(IHost? host, CancellationToken cancellationToken) => cancellationToken.IsCancellationRequested
        || host?.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested == true;

    // Stopping may throw: Orleans refuses to stop a silo that is not up, and other failures may follow from that.
    private static async Task RetreatAsync(IHost host)
    {
        host.Services.GetRequiredService<SiloPhase>().Current = Phase.Failed;
        var logger = LoggerOf(host);
        try
        {
            using var limit = new CancellationTokenSource(s_longestRetreat);
            await host.StopAsync(limit.Token);
        }
        catch (Exception consequence)
        {
            LogRetreat(logger, consequence);
        }

        if (host is IAsyncDisposable disposable) await disposable.DisposeAsync();
        else host.Dispose();
    }

    private static ILogger LoggerOf(IHost host) => host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Jtfa.Silo");

    [LoggerMessage(Level = LogLevel.Information, Message = "Silo is up: role {Role}, cluster {Provider} '{ClusterId}'")]
    private static partial void LogUp(ILogger logger, SiloRole role, ClusterProvider provider, string clusterId);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The start failed; stopping what had started failed, too")]
    private static partial void LogRetreat(ILogger logger, Exception consequence);
}
