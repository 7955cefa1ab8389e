using System.Data;
using System.Data.Common;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Decisions;

/// <summary>One row of the table of minutes: which columns it has, and how a minute becomes one and is read back.</summary>
internal static class MinuteRow
{
    /// <summary>The table's columns, in order.</summary>
    public static readonly IReadOnlyList<Column<SceneMinute>> Columns =
    [
        new("scene", DbType.String, minute => minute.Scene),
        new("from_time", DbType.Double, minute => minute.From),
        new("to_time", DbType.Double, minute => minute.To),
        new("decisions", DbType.Int64, minute => minute.Decisions),
        new("by_k", DbType.Int64, minute => minute.ByK),
        new("tokens", DbType.Int64, minute => minute.Tokens),
        Measured("fill_ratio", minute => minute.FillRatio),
        Measured("p50", minute => minute.P50),
        Measured("p90", minute => minute.P90),
        Measured("p99", minute => minute.P99),
        Measured("tail_factor", minute => minute.TailFactor),
        new("bytes", DbType.Int64, minute => minute.Bytes),
        new("late", DbType.Int64, minute => minute.Late),
        new("lost", DbType.Int64, minute => minute.Lost),
        new("labelled", DbType.Int64, minute => minute.Labelled),
        new("correct", DbType.Int64, minute => minute.Correct),
        new("k", DbType.Int32, minute => minute.K),
        new("t", DbType.Double, minute => minute.T.TotalSeconds),
        new("clock_epoch", DbType.Int32, minute => minute.ClockEpoch),
    ];

    /// <summary>Names of the <see cref="Columns"/>, as a statement lists them.</summary>
    public static readonly string ColumnList = string.Join(", ", Columns.Select(column => column.Name));

    /// <summary>Reads a row of <see cref="Columns"/>.</summary>
    public static SceneMinute Read(DbDataReader row) => new()
    {
        Scene = row.GetString(0),
        From = row.GetDouble(1),
        To = row.GetDouble(2),
        Decisions = row.GetInt64(3),
        ByK = row.GetInt64(4),
        Tokens = row.GetInt64(5),
        FillRatio = Measured(row, 6),
        P50 = Measured(row, 7),
        P90 = Measured(row, 8),
        P99 = Measured(row, 9),
        Bytes = row.GetInt64(11), // 10 is tail_factor, which follows from p99 and p50
        Late = row.GetInt64(12),
        Lost = row.GetInt64(13),
        Labelled = row.GetInt64(14),
        Correct = row.GetInt64(15),
        K = row.GetInt32(16),
        T = TimeSpan.FromSeconds(row.GetDouble(17)),
        ClockEpoch = row.GetInt32(18),
    };

    // SQLite has no NaN and its provider throws at one; other databases do as it does.
    private static Column<SceneMinute> Measured(string name, Func<SceneMinute, double> value) =>
        new(name, DbType.Double, minute => value(minute) is var measured && double.IsNaN(measured) ? null : measured);

    private static double Measured(DbDataReader row, int column) => row.IsDBNull(column) ? double.NaN : row.GetDouble(column);
}
