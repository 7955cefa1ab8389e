using System.Data.Common;
using System.Globalization;
using System.Runtime.CompilerServices;
using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Decisions;

/// <summary>One row of the table: which columns it has, and how a decision becomes one and is read back.</summary>
internal static class DecisionRow
{
    /// <summary>The table's columns, in order; from timestamp to acc_running the published CSV's.</summary>
    public static readonly IReadOnlyList<DecisionColumn> Columns =
    [
        Column("scene", decision => decision.Scene),
        Column("decision", decision => decision.Id),
        Measured("timestamp", decision => decision.Timestamp),
        Column("cause", decision => decision.Cause == FireCause.K ? "K" : "T"),
        Column("m", decision => decision.M),
        Measured("fill_ratio", decision => decision.FillRatio),
        Column("bytes", decision => decision.Bytes),
        Measured("lat_mean", decision => decision.LatMean),
        Measured("p50", decision => decision.P50),
        Measured("p90", decision => decision.P90),
        Measured("p99", decision => decision.P99),
        Measured("tail_factor", decision => decision.TailFactor),
        Column("pred", decision => decision.Pred),
        Column("gt", decision => decision.Gt),
        Column("correct", decision => decision.Correct ? 1 : 0),
        Measured("acc_running", decision => decision.AccRunning),
        Measured("confidence", decision => decision.Confidence),
        Column("views", decision => WriteViews(decision.Views)),
        Column("clock_epoch", decision => decision.ClockEpoch),
        Column("label", decision => decision.Label),
    ];

    /// <summary>Names of the <see cref="Columns"/>, as a statement lists them.</summary>
    public static readonly string ColumnList = string.Join(", ", Columns.Select(column => column.Name));

    /// <summary>Reads a row whose first column is its number and whose others are <see cref="Columns"/>.</summary>
    public static Decision Read(DbDataReader row) => new()
    {
        Scene = row.GetString(1),
        Id = row.GetInt64(2),
        Timestamp = Measured(row, 3),
        Cause = row.GetString(4) == "K" ? FireCause.K : FireCause.T,
        M = row.GetInt32(5),
        FillRatio = Measured(row, 6),
        Bytes = row.GetInt32(7),
        LatMean = Measured(row, 8),
        P50 = Measured(row, 9),
        P90 = Measured(row, 10),
        P99 = Measured(row, 11),
        TailFactor = Measured(row, 12),
        Pred = row.GetInt32(13),
        Gt = row.GetInt32(14),
        AccRunning = Measured(row, 16), // 15 is correct, which follows from pred and gt
        Confidence = Measured(row, 17),
        Views = ReadViews(row.GetString(18)),
        ClockEpoch = row.GetInt32(19),
        Label = row.IsDBNull(20) ? null : row.GetString(20),
    };

    private static DecisionColumn<T> Column<T>(string name, Func<Decision, T> value) => new(name, value);

    // SQLite has no NaN and its provider throws at one; other databases do as it does, so that one query serves all.
    private static DecisionColumn<double?> Measured(string name, Func<Decision, double> value) =>
        new(name, decision => value(decision) is var measured && double.IsNaN(measured) ? null : measured);

    private static double Measured(DbDataReader row, int column) => row.IsDBNull(column) ? double.NaN : row.GetDouble(column);

    private static string WriteViews(int[] views)
    {
        Span<char> start = stackalloc char[256];
        var text = new DefaultInterpolatedStringHandler(0, 0, CultureInfo.InvariantCulture, start);
        text.AppendLiteral("[");
        for (var i = 0; i < views.Length; i++)
        {
            if (i > 0) text.AppendLiteral(",");
            text.AppendFormatted(views[i]);
        }

        text.AppendLiteral("]");
        return text.ToStringAndClear();
    }

    private static int[] ReadViews(string text) => text.Length <= 2 ? [] : Array.ConvertAll(
        text[1..^1].Split(','), view => int.Parse(view, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
}

/// <summary>One column of the table, and what a decision has in it.</summary>
/// <param name="name">The column's name.</param>
internal abstract class DecisionColumn(string name)
{
    public string Name => name;

    /// <summary>Many decisions' values: an array of the column's type.</summary>
    public abstract Array ValuesOf(IReadOnlyList<Decision> decisions);
}

/// <inheritdoc />
internal sealed class DecisionColumn<T>(string name, Func<Decision, T> value) : DecisionColumn(name)
{
    /// <summary>A decision's value.</summary>
    public T Value(Decision decision) => value(decision);

    public override Array ValuesOf(IReadOnlyList<Decision> decisions) => decisions.Select(value).ToArray();
}
