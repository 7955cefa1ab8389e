using System.CommandLine;
using System.Globalization;
using Jtfa.Cli.Decisions;
using Jtfa.Interfaces;
using Jtfa.Silo.Decisions;

namespace Jtfa.Cli.Commands;

/// <summary><c>jtfa decisions</c>: reads the decision log, also while a silo writes it.</summary>
internal static class DecisionsCommand
{
    private static readonly Option<FileInfo?> s_db = new("--db") { Description = "The SQLite file (default: what Jtfa:Log configures here, or jtfa.db)." };
    private static readonly Option<string?> s_connection = new("--connection") { Description = "PostgreSQL's connection string. Others see it in the list of processes: put one with a password into the environment, as Jtfa__Log__ConnectionString beside Jtfa__Log__Provider=Postgres." };
    private static readonly Option<string?> s_scene = new("--scene") { Description = "Only this scene." };
    private static readonly Option<int?> s_last = new("--last") { Description = "The newest N (default 20, where --since is not given)." };
    private static readonly Option<string?> s_since = new("--since") { Description = "All since a time (2026-11-21T10:00:00Z) or for a span (90s, 15m, 2h, 7d)." };
    private static readonly Option<bool> s_follow = new("--follow", "-f") { Description = "Go on with new ones as they are committed, until Ctrl-C." };
    private static readonly Option<DecisionFormat> s_format = new("--format") { Description = "How they are printed.", DefaultValueFactory = _ => DecisionFormat.Table };

    public static Command Create()
    {
        var command = new Command("decisions", "Print decisions from the log: jtfa decisions --scene lobby --since 15m --format csv")
        {
            s_db, s_connection, s_scene, s_last, s_since, s_follow, s_format,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (scene, follow) = (parsed.GetValue(s_scene), parsed.GetValue(s_follow));
        var since = parsed.GetValue(s_since) is { } text ? ParseSince(text) : (DateTimeOffset?)null;
        var last = parsed.GetValue(s_last);
        if (last is < 0) throw new UsageException($"--last {last}: allowed is 0 or more");
        if (since is not null && (last is not null || follow)) throw new UsageException("--since: allowed without --last and --follow");

        var reader = new DecisionReader(Log(parsed.GetValue(s_db), parsed.GetValue(s_connection)), TimeProvider.System);
        var writer = DecisionWriter.Of(parsed.GetValue(s_format), ResultOutput.Open());
        await reader.LastAsync(0, scene, cancellationToken); // a log that cannot be read prints no header
        try
        {
            await writer.BeginAsync();
            await foreach (var decision in Read(reader, scene, since, last ?? 20, follow, cancellationToken)) await writer.WriteAsync(decision);
        }
        catch (OperationCanceledException) when (follow && cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C is how following ends.
        }
        catch (IOException fault) when (ResultOutput.ReaderHasGone(fault))
        {
            return 0; // whoever read the output has enough of it
        }

        await writer.EndAsync();
        return 0;
    }

    /// <summary>The log that is named, else the one that a silo started here would write.</summary>
    private static DecisionLogOptions Log(FileInfo? db, string? connection)
    {
        if (db is not null && connection is not null) throw new UsageException("--connection: allowed without --db");
        if (db is not null) return new DecisionLogOptions { Path = db.FullName };
        var options = connection is null ? ConfiguredLog() : new DecisionLogOptions { Provider = "Postgres", ConnectionString = connection };
        return options.Faults() is { Count: > 0 } faults ? throw new UsageException(faults[0]) : options;
    }

    private static DecisionLogOptions ConfiguredLog()
    {
        var log = SiloHost.ReadConfiguration([], file: null).GetSection(DecisionLogOptions.Section);
        var options = new DecisionLogOptions { ConnectionString = log[nameof(DecisionLogOptions.ConnectionString)] };
        options.Provider = log[nameof(DecisionLogOptions.Provider)] ?? options.Provider;
        options.Path = log[nameof(DecisionLogOptions.Path)] ?? options.Path;
        return options;
    }

    private static async IAsyncEnumerable<Decision> Read(
        DecisionReader reader, string? scene, DateTimeOffset? since, int last, bool follow,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!follow && since is null)
        {
            foreach (var decision in await reader.LastAsync(last, scene, cancellationToken)) yield return decision;
            yield break;
        }

        var decisions = since is { } from ? reader.SinceAsync(from, scene, cancellationToken) : reader.FollowAsync(last, scene, cancellationToken);
        await foreach (var decision in decisions) yield return decision;
    }

    private static DateTimeOffset ParseSince(string text)
    {
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)) return time;
        var seconds = text[^1..] switch { "s" => 1, "m" => 60, "h" => 3600, "d" => 86_400, _ => 0 };
        return seconds > 0 && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count) && count * seconds < 1e10
            ? DateTimeOffset.UtcNow - TimeSpan.FromSeconds(count * seconds)
            : throw new UsageException($"--since {text}: allowed is a time such as 2026-11-21T10:00:00Z, or a span such as 90s, 15m, 2h, 7d");
    }
}
