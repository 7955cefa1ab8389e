using System.Data.Common;
using System.Globalization;
using System.Text;
using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Decisions;

/// <summary>One row of the table: which columns it has, and how a decision becomes one and is read back.</summary>
internal static class DecisionRow
{
    /// <summary>The table's columns, in order; from timestamp to acc_running the published CSV's.</summary>
    public static readonly IReadOnlyList<string> Columns =
    [
        "scene", "decision", "timestamp", "cause", "m", "fill_ratio", "bytes", "lat_mean", "p50", "p90", "p99", "tail_factor",
        "pred", "gt", "correct", "acc_running", "confidence", "views",
    ];

    /// <summary>Sets the parameters of an insert, which are in the order of <see cref="Columns"/>.</summary>
    public static void Write(Decision decision, ReadOnlySpan<DbParameter> row)
    {
        row[0].Value = decision.Scene;
        row[1].Value = decision.Id;
        row[2].Value = Measured(decision.Timestamp);
        row[3].Value = decision.Cause == FireCause.K ? "K" : "T";
        row[4].Value = decision.M;
        row[5].Value = Measured(decision.FillRatio);
        row[6].Value = decision.Bytes;
        row[7].Value = Measured(decision.LatMean);
        row[8].Value = Measured(decision.P50);
        row[9].Value = Measured(decision.P90);
        row[10].Value = Measured(decision.P99);
        row[11].Value = Measured(decision.TailFactor);
        row[12].Value = decision.Pred;
        row[13].Value = decision.Gt;
        row[14].Value = decision.Correct ? 1 : 0;
        row[15].Value = Measured(decision.AccRunning);
        row[16].Value = Measured(decision.Confidence);
        row[17].Value = WriteViews(decision.Views);
    }

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
    };

    // SQLite has no NaN and its provider throws at one.
    private static object Measured(double value) => double.IsNaN(value) ? DBNull.Value : value;

    private static double Measured(DbDataReader row, int column) => row.IsDBNull(column) ? double.NaN : row.GetDouble(column);

    private static string WriteViews(int[] views)
    {
        var text = new StringBuilder("[", 3 * views.Length + 2);
        foreach (var view in views)
            text.Append(text.Length > 1 ? "," : string.Empty).Append(CultureInfo.InvariantCulture, $"{view}");
        return text.Append(']').ToString();
    }

    private static int[] ReadViews(string text) => text.Length <= 2 ? [] : Array.ConvertAll(
        text[1..^1].Split(','), view => int.Parse(view, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
}
