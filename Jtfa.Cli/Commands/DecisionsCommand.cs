using System.CommandLine;
using System.Globalization;
using Jtfa.Cli.Decisions;
using Jtfa.Cli.Help;
using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Silo;
using Jtfa.Silo.Decisions;

namespace Jtfa.Cli.Commands;

/// <summary><c>jtfa decisions</c>: decisions of a running silo, or of a log without one.</summary>
internal static class DecisionsCommand
{
    private static readonly Option<FileInfo?> s_db = new("--db") { Description = "Read this SQLite file, without a silo." };
    private static readonly Option<string?> s_connection = new("--connection")
    {
        Description =
            "Read PostgreSQL's log by this connection string, without a silo. Others see it in the list of processes: put one with a " +
            "password into the environment, as Jtfa__Log__ConnectionString beside Jtfa__Log__Provider=Postgres, and say --log.",
    };
    private static readonly Option<bool> s_log =
        new("--log") { Description = "Read the log that a silo started here would write (Jtfa:Log, or jtfa.db), without a silo." };
    private static readonly Option<string[]> s_scenes =
        new("--scene") { Description = "Only this scene (repeatable).", AllowMultipleArgumentsPerToken = false };
    private static readonly Option<int?> s_last = new("--last") { Description = "The newest N (default 20, where --since is not given)." };
    private static readonly Option<string?> s_since =
        new("--since") { Description = "All since a time (2026-11-21T10:00:00Z) or for a span (90s, 15m, 2h, 7d)." };
    private static readonly Option<bool> s_follow =
        new("--follow", "-f") { Description = "Go on with new ones as they are made, until Ctrl-C." };
    private static readonly Option<FireCause?> s_cause =
        new("--cause") { Description = "Only those that fired because K views were in, or by the timeout: K or T." };
    private static readonly Option<int?> s_pred = new("--pred") { Description = "Only those for this class." };
    private static readonly Option<bool?> s_correct = new("--correct") { Description = "Only correct ones; with 'false' only wrong ones." };
    private static readonly Option<DecisionFormat> s_format = new("--format")
    {
        Description =
            "How they are printed; Json: one object a line, its names the log's columns (decision, lat_mean). The API's own JSON (id, " +
            "latMean) is --json.",
        DefaultValueFactory = _ => DecisionFormat.Table,
    };

    public static Command Create()
    {
        var command = new Command("decisions", "Print decisions of a running silo, or of a log without one.")
        {
            s_scenes, s_last, s_since, s_follow, s_cause, s_pred, s_correct, s_format, s_db, s_connection, s_log,
        };
        ServerOptions.AddTo(command);
        command.SetAction(RunAsync);
        return command.WithExamples(
            "jtfa decisions --last 5", "jtfa decisions --scene lobby --since 15m --format csv", "jtfa decisions --follow --json",
            "jtfa decisions --db jtfa-demo.db --last 5");
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var selection = Selection(parsed);
        if (Log(parsed) is { } log)
        {
            if (parsed.GetResult(ServerOptions.Server) is not null)
                throw new UsageException("--server: allowed without --db, --connection and --log");
            if (selection.Scenes.Count > 1) throw new UsageException("--scene: allowed once with --db, --connection or --log");
            if ((selection.Cause, selection.Pred, selection.Correct) is not (null, null, null))
                throw new UsageException("--cause, --pred, --correct: allowed without --db, --connection and --log");
            var reader = new DecisionReader(log, TimeProvider.System);
            await reader.LastAsync(0, null, cancellationToken); // fails before the header is printed, where the log cannot be read
            return await PrintAsync(
                parsed, new LogDecisions(reader, selection).ReadAsync(cancellationToken), null, selection.Follow, cancellationToken);
        }

        using var client = ServerOptions.Connect(parsed);
        var known = await client.GetScenesAsync(cancellationToken); // likewise; following would wait for the silo
        if (selection.Scenes.FirstOrDefault(name => known.All(scene => scene.Scene != name)) is { } unknown)
            throw new UsageException($"--scene {unknown}: known are {string.Join(", ", known.Select(scene => scene.Scene))}");
        return await PrintAsync(
            parsed, new ServerDecisions(client, selection).ReadAsync(cancellationToken), new CameraNames(client, cancellationToken),
            selection.Follow, cancellationToken);
    }

    private static async Task<int> PrintAsync(
        ParseResult parsed, IAsyncEnumerable<Decision> decisions, CameraNames? names, bool follow, CancellationToken cancellationToken)
    {
        var output = ResultOutput.Open();
        var writer = parsed.GetValue(ServerOptions.Json)
            ? new AnswerDecisionWriter(output)
            : DecisionWriter.Create(parsed.GetValue(s_format), output, names);
        try
        {
            await writer.BeginAsync();
            await foreach (var decision in decisions) await writer.WriteAsync(decision);
        }
        catch (OperationCanceledException) when (follow && cancellationToken.IsCancellationRequested)
        {
            // Following ends with Ctrl-C: it is no fault.
        }
        catch (IOException fault) when (ResultOutput.ReaderHasGone(fault))
        {
            return 0; // the reader of the output has closed it
        }

        await writer.EndAsync();
        return 0;
    }

    private static DecisionSelection Selection(ParseResult parsed)
    {
        var follow = parsed.GetValue(s_follow);
        var since = parsed.GetValue(s_since) is { } text ? ParseSince(text) : (DateTimeOffset?)null;
        var last = parsed.GetValue(s_last);
        if (last is < 0) throw new UsageException($"--last {last}: allowed is 0 or more");
        if (since is not null && (last is not null || follow)) throw new UsageException("--since: allowed without --last and --follow");
        if (parsed.GetValue(ServerOptions.Json) && parsed.GetResult(s_format) is { Implicit: false })
            throw new UsageException("--json: allowed without --format");
        return new DecisionSelection(
            [.. (parsed.GetValue(s_scenes) ?? []).Distinct()], last ?? 20, since, follow, parsed.GetValue(s_cause), parsed.GetValue(s_pred),
            parsed.GetResult(s_correct) is null ? null : parsed.GetValue(s_correct) ?? true);
    }

    /// <summary>The log that is to be read; null where a silo is asked.</summary>
    private static DecisionLogOptions? Log(ParseResult parsed)
    {
        var (db, connection, configured) = (parsed.GetValue(s_db), parsed.GetValue(s_connection), parsed.GetValue(s_log));
        if (db is not null && connection is not null) throw new UsageException("--connection: allowed without --db");
        if (configured && (db ?? (object?)connection) is not null) throw new UsageException("--log: allowed without --db and --connection");
        if (db is not null) return new DecisionLogOptions { Path = db.FullName };
        if (connection is null && !configured) return null;
        var options = connection is null
            ? ConfiguredLog()
            : new DecisionLogOptions { Provider = "Postgres", ConnectionString = connection };
        return options.Faults() is { Count: > 0 } faults ? throw new UsageException(faults[0]) : options;
    }

    private static DecisionLogOptions ConfiguredLog()
    {
        var log = SiloConfiguration.Read([], file: null).GetSection(DecisionLogOptions.Section);
        var options = new DecisionLogOptions { ConnectionString = log[nameof(DecisionLogOptions.ConnectionString)] };
        options.Provider = log[nameof(DecisionLogOptions.Provider)] ?? options.Provider;
        options.Path = log[nameof(DecisionLogOptions.Path)] ?? options.Path;
        return options;
    }

    private static DateTimeOffset ParseSince(string text)
    {
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)) return time;
        var seconds = text[^1..] switch { "s" => 1, "m" => 60, "h" => 3600, "d" => 86_400, _ => 0 };
        return seconds > 0 && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
            && count * seconds < 1e10
            ? DateTimeOffset.UtcNow - TimeSpan.FromSeconds(count * seconds)
            : throw new UsageException(
                $"--since {text}: allowed is a time such as 2026-11-21T10:00:00Z, or a span such as 90s, 15m, 2h, 7d");
    }
}
