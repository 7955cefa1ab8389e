using System.CommandLine;
using Jtfa.Silo;

namespace Jtfa.Cli.Commands;

/// <summary><c>jtfa silo</c>: a silo, alone or in a cluster, until it is stopped.</summary>
internal static class SiloCommand
{
    public static Command Create()
    {
        var options = new ClusterSiloOptions();
        var command = new Command(
            "silo",
            "Run a silo: take tokens by UDP, decide, log, serve the live page and the API; run cameras. Ctrl-C stops it: open windows " +
            "fire, the log is flushed.");
        options.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            KeyValuePair<string, string?>[] settings = [.. options.Configuration(parsed), .. LogLevels.Parse(parsed)];
            var configuration = SiloConfiguration.Read(settings, parsed.GetValue(options.Config));
            await SiloRun.ToEndAsync(() => Silo.Program.BuildHost(configuration), cancellationToken);
            return 0;
        });
        return command;
    }
}
