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

    /// <summary>The published schema.</summary>
    Csv,

    /// <summary>One object a line.</summary>
    Json,
}

/// <summary>Prints decisions one by one, so that following works in every format.</summary>
internal abstract class DecisionWriter(TextWriter output)
{
    protected TextWriter Output => output;

    public static DecisionWriter Create(DecisionFormat format, TextWriter output) => format switch
    {
        DecisionFormat.Csv => new CsvDecisionWriter(output),
        DecisionFormat.Json => new JsonDecisionWriter(output),
        _ => new TableDecisionWriter(output),
    };

    public virtual Task BeginAsync() => Task.CompletedTask;

    public abstract Task WriteAsync(Decision decision);

    public Task EndAsync() => output.FlushAsync();
}

/// <summary>Columns of fixed width, so that they stay in line while decisions come.</summary>
internal sealed class TableDecisionWriter(TextWriter output) : DecisionWriter(output)
{
    public override Task BeginAsync() =>
        Output.WriteLineAsync(
            "time (UTC)               scene         decision          cause  m  fill  lat mean    p99  pred  gt  ok  conf  acc    views");

    public override Task WriteAsync(Decision d)
    {
        var time = DateTimeOffset.UnixEpoch.AddSeconds(d.Timestamp);
        return Output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{time:yyyy-MM-dd HH:mm:ss.fff}  {d.Scene,-12}  {d.Id,-16}  {d.Cause,-5} {d.M,2}  {d.FillRatio,4:F2}  " +
            $"{d.LatMean * 1000,5:F1} ms  {d.P99 * 1000,5:F1}  {d.Pred,4}  {d.Gt,2}  {(d.Gt < 0 ? "?" : d.Correct ? "✓" : "✗"),2}  " +
            $"{d.Confidence,4:F2}  {d.AccRunning,5:P1}  {string.Join(' ', d.Views)}"));
    }
}

/// <summary>The published schema, as the CSV beside the log has it.</summary>
internal sealed class CsvDecisionWriter(TextWriter output) : DecisionWriter(output)
{
    public override Task BeginAsync() => Output.WriteLineAsync(DecisionCsv.Header);

    public override Task WriteAsync(Decision decision) => Output.WriteLineAsync(DecisionCsv.Row(decision));
}

/// <summary>One object a line, its names those of the log's columns.</summary>
internal sealed class JsonDecisionWriter(TextWriter output) : DecisionWriter(output)
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

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
        },
        s_json));
}

/// <summary>One object a line, as a silo answers it.</summary>
internal sealed class AnswerDecisionWriter(TextWriter output) : DecisionWriter(output)
{
    public override Task WriteAsync(Decision decision) => Output.WriteLineAsync(JsonSerializer.Serialize(decision, JtfaJson.Options));
}
