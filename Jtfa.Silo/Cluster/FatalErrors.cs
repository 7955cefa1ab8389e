using Jtfa.Grains;
using Microsoft.Extensions.DependencyInjection;

namespace Jtfa.Silo.Cluster;

/// <summary>
/// What follows when Orleans gives a silo up, as when the others have declared it dead. By default Orleans prints stacks and aborts the
/// process. Here a start that it gives up fails like any other. A silo that was up says why in one line, writes what it has decided, and
/// ends at once: others take its grains over.
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
                break; // it ends already
        }
    }

    // Orleans says only that it was declared dead, and lists the members.
    private string StaysOut() =>
        "the cluster's other silos declared this one dead while it joined: they do not reach it at " +
        $"{Membership.AddressOf(cluster)}:{cluster.SiloPort} (--address, --silo-port), or one side refuses the other's certificate " +
        $"({SiloClusterOptions.Section}:{nameof(cluster.Tls)})";

    private async Task EndAsync(string line)
    {
        await Console.Error.WriteLineAsync($"jtfa: {line}");
        if (services.GetService<IDecisionLog>() is { } log)
            await Task.WhenAny(log.FlushAsync(CancellationToken.None), Task.Delay(s_longestFlush));
        Environment.Exit(ExitCode);
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
