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

    /// <summary>Sets the parameters of an insert of many decisions, each of them an array with one of the <see cref="Columns"/>.</summary>
    public static void Write(IReadOnlyList<Decision> decisions, ReadOnlySpan<DbParameter> columns)
    {
        columns[0].Value = All(decision => decision.Scene);
        columns[1].Value = All(decision => decision.Id);
        columns[2].Value = AllMeasured(decision => decision.Timestamp);
        columns[3].Value = All(decision => decision.Cause == FireCause.K ? "K" : "T");
        columns[4].Value = All(decision => decision.M);
        columns[5].Value = AllMeasured(decision => decision.FillRatio);
        columns[6].Value = All(decision => decision.Bytes);
        columns[7].Value = AllMeasured(decision => decision.LatMean);
        columns[8].Value = AllMeasured(decision => decision.P50);
        columns[9].Value = AllMeasured(decision => decision.P90);
        columns[10].Value = AllMeasured(decision => decision.P99);
        columns[11].Value = AllMeasured(decision => decision.TailFactor);
        columns[12].Value = All(decision => decision.Pred);
        columns[13].Value = All(decision => decision.Gt);
        columns[14].Value = All(decision => decision.Correct ? 1 : 0);
        columns[15].Value = AllMeasured(decision => decision.AccRunning);
        columns[16].Value = AllMeasured(decision => decision.Confidence);
        columns[17].Value = All(decision => WriteViews(decision.Views));

        T[] All<T>(Func<Decision, T> column) => [.. decisions.Select(column)];

        double?[] AllMeasured(Func<Decision, double> column) => All(decision => column(decision) is var value && double.IsNaN(value) ? (double?)null : value);
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

    // SQLite has no NaN and its provider throws at one; other databases do as it does, so that one query serves all.
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
