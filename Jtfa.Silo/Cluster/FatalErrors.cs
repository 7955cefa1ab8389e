using Jtfa.Grains;
using Microsoft.Extensions.DependencyInjection;

namespace Jtfa.Silo.Cluster;

/// <summary>
/// Ends a silo that Orleans gives up, as when the others have declared it dead. By default Orleans prints stacks and aborts the process.
/// Here a start that Orleans gives up fails like any other start. A silo that was up prints the reason in one line, writes its decisions to
/// the log, and ends at once: others take its grains over.
/// </summary>
internal sealed class FatalErrors(SiloPhase phase, SiloClusterOptions cluster, IServiceProvider services) : IFatalErrorHandler
{
    /// <summary>Exit code of a silo that was up.</summary>
    public const int ExitCode = 1;

    private static readonly TimeSpan s_longestFlush = TimeSpan.FromSeconds(2);

    private int _ending;

    /// <inheritdoc />
    public bool IsUnexpected(Exception exception) => true;

    /// <inheritdoc />
    public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null)
    {
        var reason = OneLine(exception is null ? $"{context}" : $"{context}: {exception.Message}");
        switch (phase.Current)
        {
            case Phase.Starting:
                phase.GiveUp(new SiloStartException([exception is null ? StaysOut() : $"Orleans cannot go on: {reason}"], exception));
                break;
            case Phase.Up or Phase.Stopping when Interlocked.Exchange(ref _ending, 1) == 0:
                _ = Task.Run(() => EndAsync($"Orleans gave this silo up: {reason}"));
                break;
            default:
                break; // it is ending already
        }
    }

    // Orleans only says that the silo was declared dead, and lists the members; this line says what may be wrong.
    private string StaysOut() =>
        "the cluster's other silos declared this one dead while it joined: they do not reach it at " +
        $"{Membership.AddressOf(cluster)}:{cluster.SiloPort} (--address, --silo-port), or it has another secret or a " +
        $"certificate of another authority ({SiloClusterOptions.Section}:{nameof(cluster.Secret)}, :{nameof(cluster.SecretFile)}, " +
        $":{nameof(cluster.Tls)})";

    private async Task EndAsync(string line)
    {
        await Console.Error.WriteLineAsync($"jtfa: {line}");
        if (services.GetService<IDecisionLog>() is { } log)
            await Task.WhenAny(log.FlushAsync(CancellationToken.None), Task.Delay(s_longestFlush));
        Environment.Exit(ExitCode);
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
