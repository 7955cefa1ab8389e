using System.CommandLine;
using Jtfa.Silo.Cluster;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Jtfa.Cli.Commands;

/// <summary><c>jtfa silo</c>: a silo, alone or in a cluster, until it is stopped.</summary>
internal static partial class SiloCommand
{
    public static Command Create()
    {
        var options = new ClusterSiloOptions();
        var command = new Command("silo", "Run a silo: take tokens by UDP, decide, log, serve the live page and the API; run cameras. Ctrl-C stops it: open windows fire, the log is flushed.");
        options.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var level = parsed.GetValue(Faults.Verbose) ? LogLevel.Debug : LogLevel.Information;
            using var host = SiloHost.Create(options.Configuration(parsed), parsed.GetValue(options.Config), level);
            try
            {
                await host.StartAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // Told to stop before it was up: that is a stop like any other.
                await host.StopAsync(CancellationToken.None);
                return 0;
            }

            var cluster = host.Services.GetRequiredService<SiloClusterOptions>();
            LogUp(host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Jtfa.Silo"), cluster.Role, cluster.Provider, cluster.ClusterId);
            await SiloHost.RunUntilCancelledAsync(host, cancellationToken);
            return 0;
        });
        return command;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Silo is up: role {Role}, cluster {Provider} '{ClusterId}'")]
    private static partial void LogUp(ILogger logger, SiloRole role, ClusterProvider provider, string clusterId);
}
