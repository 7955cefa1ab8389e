using System.Globalization;
using System.Text.Json;
using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Silo.Decisions;

namespace Jtfa.Cli.Decisions;

/// <summary>How decisions are printed.</summary>
internal enum DecisionFormat
{
    /// <summary>Columns for people.</summary>
    Table,

    /// <summary>The published schema, and the name of the class behind it.</summary>
    Csv,

    /// <summary>One object a line.</summary>
    Json,
}

/// <summary>Prints decisions one by one, so that following works in every format.</summary>
internal abstract class DecisionWriter(TextWriter output)
{
    protected TextWriter Output => output;

    /// <summary>The writer of a format.</summary>
    /// <param name="format">The format.</param>
    /// <param name="output">Takes the lines.</param>
    /// <param name="names">What tells the names of a scene's cameras; null where nothing does.</param>
    public static DecisionWriter Create(DecisionFormat format, TextWriter output, CameraNames? names) => format switch
    {
        DecisionFormat.Csv => new CsvDecisionWriter(output),
        DecisionFormat.Json => new JsonDecisionWriter(output),
        _ => new TableDecisionWriter(output, names),
    };

    public virtual Task BeginAsync() => Task.CompletedTask;

    public abstract Task WriteAsync(Decision decision);

    public Task EndAsync() => output.FlushAsync();
}

/// <summary>Columns of fixed width, so that they stay in line while decisions come.</summary>
internal sealed class TableDecisionWriter(TextWriter output, CameraNames? names) : DecisionWriter(output)
{
    public override Task BeginAsync() =>
        Output.WriteLineAsync(
            "time (UTC)               scene         decision          cause  m  fill  lat mean    p99  pred  label           gt  ok  " +
            "conf  acc    views");

    public override async Task WriteAsync(Decision d)
    {
        var views = d.Views.Select(view => view.ToString(CultureInfo.InvariantCulture));
        if (names is not null && await names.OfAsync(d.Scene) is { Count: > 0 } known)
            views = d.Views.Select(view => known.GetValueOrDefault(view) ?? view.ToString(CultureInfo.InvariantCulture));
        var time = DateTimeOffset.UnixEpoch.AddSeconds(d.Timestamp);
        await Output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{time:yyyy-MM-dd HH:mm:ss.fff}  {d.Scene,-12}  {d.Id,-16}  {d.Cause,-5} {d.M,2}  {d.FillRatio,4:F2}  " +
            $"{d.LatMean * 1000,5:F1} ms  {d.P99 * 1000,5:F1}  {d.Pred,4}  {d.Label ?? "–",-14}  {(d.Gt < 0 ? "–" : d.Gt),2}  " +
            $"{(d.Gt < 0 ? "–" : d.Correct ? "✓" : "✗"),2}  {d.Confidence,4:F2}  " +
            $"{(double.IsNaN(d.AccRunning) ? "–" : d.AccRunning.ToString("P1", CultureInfo.InvariantCulture)),5}  " +
            $"{string.Join(", ", views)}"));
    }
}

/// <summary>The published schema and the class' name, as the CSV beside the log has them.</summary>
internal sealed class CsvDecisionWriter(TextWriter output) : DecisionWriter(output)
{
    public override Task BeginAsync() => Output.WriteLineAsync(DecisionCsv.Header);

    public override Task WriteAsync(Decision decision) => Output.WriteLineAsync(DecisionCsv.Row(decision));
}

/// <summary>One object a line, its names those of the log's columns.</summary>
internal sealed class JsonDecisionWriter(TextWriter output) : DecisionWriter(output)
{
    // What is no number is null, as in the API.
    private static readonly JsonSerializerOptions s_json =
        new(JtfaJson.Options) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public override Task WriteAsync(Decision d) => Output.WriteLineAsync(JsonSerializer.Serialize(
        new
        {
            d.Scene,
            Decision = d.Id,
            d.Timestamp,
            Cause = d.Cause == FireCause.K ? "K" : "T",
            d.M,
            d.FillRatio,
            d.Bytes,
            d.LatMean,
            d.P50,
            d.P90,
            d.P99,
            d.TailFactor,
            d.Pred,
            d.Gt,
            d.Correct,
            d.AccRunning,
            d.Confidence,
            d.Views,
            d.ClockEpoch,
            d.Label,
        },
        s_json));
}

/// <summary>One object a line, as a silo answers it.</summary>
internal sealed class AnswerDecisionWriter(TextWriter output) : DecisionWriter(output)
{
    public override Task WriteAsync(Decision decision) => Output.WriteLineAsync(JsonSerializer.Serialize(decision, JtfaJson.Options));
}
