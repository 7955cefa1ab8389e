using System.Globalization;
using System.Text;
using Jtfa.Core;

namespace Jtfa.Experiments.Windows;

/// <summary>
/// Reads a decision log's CSV, while it is written, too: columns are found by their names, so that one without tail_factor, as the
/// published scripts write it, will do. A last line without its end is not there yet.
/// </summary>
public static class DecisionCsvFile
{
    private static readonly string[] s_columns = ["timestamp", "cause", "m", "fill_ratio", "bytes", "lat_mean", "pred", "gt"];

    /// <summary>The decisions that fired in a time, in the file's order.</summary>
    /// <param name="path">The file.</param>
    /// <param name="from">Those from then on, seconds since 1970.</param>
    /// <param name="to">Those before then.</param>
    /// <exception cref="InvalidDataException">It is missing, or no decision log; the message names file and line.</exception>
    public static IReadOnlyList<MeasuredDecision> Read(
        string path, double from = double.NegativeInfinity, double to = double.PositiveInfinity)
    {
        var lines = Lines(path);
        if (lines.Length == 0) throw new InvalidDataException($"{path}: the header is missing: name a decision log");
        var header = lines[0].Split(',');
        var columns = Array.ConvertAll(s_columns, column => Array.IndexOf(header, column));
        if (Array.IndexOf(columns, -1) is >= 0 and var missing)
            throw new InvalidDataException($"{path}: the header has no column {s_columns[missing]}: name a decision log");
        var decisions = new List<MeasuredDecision>();
        for (var i = 1; i < lines.Length; i++)
        {
            var decision = Parse(lines[i].Split(','), columns)
                ?? throw new InvalidDataException($"{path}: line {i + 1} is no decision: '{lines[i]}'");
            if (decision.FiredAt >= from && decision.FiredAt < to) decisions.Add(decision);
        }

        return decisions;
    }

    private static string[] Lines(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(file, Encoding.UTF8);
            var text = reader.ReadToEnd();
            return [.. text.Split('\n')[..^1].Select(line => line.TrimEnd('\r'))];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{path}: {exception.Message}", exception);
        }
    }

    private static MeasuredDecision? Parse(string[] fields, int[] columns)
    {
        if (fields.Length <= columns.Max()) return null;
        if (!Number(0, out var firedAt) || !Whole(2, out var m) || !Number(3, out var fillRatio) || !Whole(4, out var bytes)
            || !Number(5, out var latMean) || !Whole(6, out var pred) || !Whole(7, out var gt) || fields[columns[1]] is not ("K" or "T"))
            return null;
        var cause = fields[columns[1]] == "K" ? FireCause.K : FireCause.T;
        return new MeasuredDecision(firedAt, cause, m, fillRatio, bytes, latMean, pred, gt);
        bool Number(int column, out double value) =>
            double.TryParse(fields[columns[column]], NumberStyles.Float, CultureInfo.InvariantCulture, out value);
        bool Whole(int column, out int value) =>
            int.TryParse(fields[columns[column]], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }
}
