using System.Globalization;
using Spectre.Console;

namespace Jtfa.Cli;

/// <summary>A table as a result: drawn on a terminal, aligned plain text on a pipe.</summary>
internal sealed class ResultTable(params string[] columns)
{
    private const string Gap = "  ";
    private const int Border = 3; // a line, and a space on either side

    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add(cells);

    /// <summary>
    /// Writes it. A terminal that is too narrow for the drawing gets plain text too, because cells broken into lines are unreadable.
    /// </summary>
    public async Task WriteAsync()
    {
        var widths = Widths();
        if (!Console.IsOutputRedirected && widths.Sum(width => width + Border) < AnsiConsole.Profile.Width)
        {
            AnsiConsole.Write(Draw());
            return;
        }

        await WriteLinesAsync(Console.Out, widths);
    }

    /// <summary>Writes it as aligned plain text.</summary>
    public Task WriteLinesAsync(TextWriter output) => WriteLinesAsync(output, Widths());

    /// <summary>It as a drawing.</summary>
    public Table Draw()
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (var column in columns) table.AddColumn(new TableColumn(new Text(column)).NoWrap());
        foreach (var row in _rows) table.AddRow(row.Select(cell => new Text(cell)));
        return table;
    }

    /// <summary>A number; a dash where there is none.</summary>
    public static string Number(double value, string format) =>
        double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "–";

    /// <summary>Seconds, as milliseconds.</summary>
    public static string Ms(double seconds) => double.IsFinite(seconds) ? $"{Number(seconds * 1000, "F1")} ms" : "–";

    public static string Count(long value) => value.ToString(CultureInfo.InvariantCulture);

    private int[] Widths() => [.. columns.Select((column, i) => _rows.Select(row => row[i].Length).Append(column.Length).Max())];

    private async Task WriteLinesAsync(TextWriter output, int[] widths)
    {
        foreach (var row in _rows.Prepend(columns))
            await output.WriteLineAsync(string.Join(Gap, row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
    }
}
