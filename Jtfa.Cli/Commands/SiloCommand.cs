using System.CommandLine;
using Microsoft.Extensions.Logging;

namespace Jtfa.Cli.Commands;

/// <summary><c>jtfa silo</c>: a fusion node, until it is stopped.</summary>
internal static class SiloCommand
{
    public static Command Create()
    {
        var options = new ClusterSiloOptions();
        var command = new Command("silo", "Run a fusion node: take tokens by UDP, decide, log. Ctrl-C stops it: open windows fire, the log is flushed.");
        options.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var level = parsed.GetValue(Faults.Verbose) ? LogLevel.Debug : LogLevel.Information;
            using var host = SiloHost.Create(options.Configuration(parsed), parsed.GetValue(options.Config), level);
            await host.StartAsync(cancellationToken);
            await SiloHost.RunUntilCancelledAsync(host, cancellationToken);
            return 0;
        });
        return command;
    }
}
