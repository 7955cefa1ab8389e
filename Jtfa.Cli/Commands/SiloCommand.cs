using System.CommandLine;
using Jtfa.Cli.Help;
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
            "Run a silo: take tokens by UDP, decide, log, serve the live page and the API; run cameras; serve language models. Ctrl-C " +
            "stops it: open windows fire, the log is flushed.");
        options.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            KeyValuePair<string, string?>[] settings = [.. options.Configuration(parsed), .. LogLevels.Parse(parsed)];
            var configuration = SiloConfiguration.Read(settings, parsed.GetValue(options.Config));
            await SiloRun.ToEndAsync(() => Silo.Program.BuildHost(configuration), cancellationToken);
            return 0;
        });
        return command.WithExamples(
            "jtfa silo --bind 0.0.0.0 --scene lobby --head my-model/head.npz",
            "jtfa silo --config lobby.json --http 0.0.0.0:5080",
            "jtfa silo --cluster postgres --role fusion --scene lobby --bind 0.0.0.0",
            "jtfa silo --cluster postgres --role language --config models.json --threads 4 --memory 2GiB");
    }
}
