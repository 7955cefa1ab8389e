using System.Data;
using System.Data.Common;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Decisions;

/// <summary>
/// One row of the table of language models' minutes: which columns it has, and how a minute becomes one and is read back.
/// </summary>
internal static class ModelMinuteRow
{
    /// <summary>The table.</summary>
    public const string Table = "model_minutes";

    /// <summary>The table's columns, in order.</summary>
    public static readonly IReadOnlyList<Column<ModelMinute>> Columns =
    [
        new("model", DbType.String, minute => minute.Model),
        new("silo", DbType.String, minute => minute.Silo),
        new("from_time", DbType.Double, minute => minute.From),
        new("to_time", DbType.Double, minute => minute.To),
        new("stop", DbType.Int64, minute => minute.Stop),
        new("length", DbType.Int64, minute => minute.Length),
        new("cancelled", DbType.Int64, minute => minute.Cancelled),
        new("abandoned", DbType.Int64, minute => minute.Abandoned),
        new("failed", DbType.Int64, minute => minute.Failed),
        new("shut_down", DbType.Int64, minute => minute.ShutDown),
        new("busy", DbType.Int64, minute => minute.Busy),
        new("prompt_tokens", DbType.Int64, minute => minute.PromptTokens),
        new("cached_tokens", DbType.Int64, minute => minute.CachedTokens),
        new("completion_tokens", DbType.Int64, minute => minute.CompletionTokens),
        Measured("ttft_p50", minute => minute.FirstTokenP50),
        Measured("ttft_p90", minute => minute.FirstTokenP90),
        Measured("ttft_p99", minute => minute.FirstTokenP99),
        Measured("tpot_p50", minute => minute.PerTokenP50),
        Measured("tpot_p90", minute => minute.PerTokenP90),
        Measured("tpot_p99", minute => minute.PerTokenP99),
        Measured("jct_p50", minute => minute.CompletionP50),
        Measured("jct_p99", minute => minute.CompletionP99),
        Measured("batch", minute => minute.Batch),
        new("pages_peak", DbType.Int32, minute => minute.PagesPeak),
    ];

    /// <summary>
    /// The newest @count minutes of @model, of whatever silo, that began from @from until before @to (seconds), the newest first.
    /// </summary>
    public static readonly string Newest = $"""
        SELECT {string.Join(", ", Columns.Select(column => column.Name))} FROM {Table}
        WHERE model = @model AND from_time >= @from AND from_time < @to ORDER BY from_time DESC, silo DESC LIMIT @count
        """;

    /// <summary>Deletes the oldest @count minutes, of whatever model, that began before @time (seconds).</summary>
    public const string DeleteOldest = $"""
        DELETE FROM {Table} WHERE (model, from_time, silo) IN (
            SELECT model, from_time, silo FROM {Table} WHERE from_time < @time ORDER BY from_time LIMIT @count)
        """;

    /// <summary>Reads a row of <see cref="Columns"/>.</summary>
    public static ModelMinute Read(DbDataReader row) => new()
    {
        Model = row.GetString(0),
        Silo = row.GetString(1),
        From = row.GetDouble(2),
        To = row.GetDouble(3),
        Stop = row.GetInt64(4),
        Length = row.GetInt64(5),
        Cancelled = row.GetInt64(6),
        Abandoned = row.GetInt64(7),
        Failed = row.GetInt64(8),
        ShutDown = row.GetInt64(9),
        Busy = row.GetInt64(10),
        PromptTokens = row.GetInt64(11),
        CachedTokens = row.GetInt64(12),
        CompletionTokens = row.GetInt64(13),
        FirstTokenP50 = Measured(row, 14),
        FirstTokenP90 = Measured(row, 15),
        FirstTokenP99 = Measured(row, 16),
        PerTokenP50 = Measured(row, 17),
        PerTokenP90 = Measured(row, 18),
        PerTokenP99 = Measured(row, 19),
        CompletionP50 = Measured(row, 20),
        CompletionP99 = Measured(row, 21),
        Batch = Measured(row, 22),
        PagesPeak = row.GetInt32(23),
    };

    private static Column<ModelMinute> Measured(string name, Func<ModelMinute, double> value) =>
        new(name, DbType.Double, minute => value(minute) is var measured && double.IsNaN(measured) ? null : measured);

    private static double Measured(DbDataReader row, int column) => row.IsDBNull(column) ? double.NaN : row.GetDouble(column);
}
