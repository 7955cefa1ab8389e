using System.Globalization;
using System.Xml.Linq;
using Jtfa.Experiments.Report.Sections;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Report;

/// <summary>
/// The report: one HTML file that needs nothing else, no script and no other file, and is well-formed XML, too. Experiments without a
/// result are left out, or said to be skipped.
/// </summary>
public sealed class HtmlReport
{
    private const int LongTable = 20;
    private const int WideTable = 20;

    private const string Style = """
        body { font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; color: #222;
          background: #fff; max-width: 800px; margin: 2rem auto; padding: 0 1rem; }
        h1 { font-size: 1.7rem; line-height: 1.2; }
        h2 { font-size: 1.3rem; margin-top: 3rem; border-top: 1px solid #ddd; padding-top: 1rem; }
        h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; } a { color: #0072B2; }
        nav ul { padding-left: 1.2rem; }
        .question { color: #555; }
        .finding { border-left: 4px solid #0072B2; padding-left: 1rem; }
        .finding p { margin: 0 0 .5rem; }
        .finding ul { margin: 0; padding-left: 1.2rem; font-size: .9rem; }
        figure { margin: 1.5rem 0; }
        figcaption { color: #555; font-size: .85rem; }
        svg { max-width: 100%; height: auto; border: 1px solid #eee; }
        .wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .8rem; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid #eee; vertical-align: top; }
        .cells td { white-space: nowrap; }
        summary { cursor: pointer; margin: 1rem 0 .5rem; font-weight: 600; font-size: 1rem; }
        code { font-size: .85rem; overflow-wrap: anywhere; }
        """;

    private readonly ExperimentRecord _record;
    private readonly IReadOnlyList<(ReportSection Section, SectionText Text)> _sections;

    private HtmlReport(ExperimentRecord record)
    {
        _record = record;
        var cells = Cells.Group(record.Results);
        _sections = [.. ReportSection.All.Where(section => cells.ForExperiment(section.Experiment).Count > 0)
            .Select(section => (section, section.Write(cells)))];
        Figures = [.. _sections.SelectMany(section => section.Text.Figures)];
        Html = $"<!DOCTYPE html>\n{Document().ToString(SaveOptions.DisableFormatting)}\n";
    }

    /// <summary>The file's text.</summary>
    public string Html { get; }

    /// <summary>Its figures.</summary>
    public IReadOnlyList<Figure> Figures { get; }

    /// <summary>Makes the report of a record; the same record gives the same report.</summary>
    public static HtmlReport Create(ExperimentRecord record) => new(record);

    private XElement Document() => new(
        "html", new XAttribute("lang", "en"),
        new XElement(
            "head",
            new XElement("meta", new XAttribute("charset", "utf-8")),
            new XElement("meta", new XAttribute("name", "viewport"), new XAttribute("content", "width=device-width, initial-scale=1")),
            new XElement("title", "JTFA: the experiments"),
            new XElement("style", Style)),
        new XElement("body", Head(), _sections.SelectMany(section => Section(section.Section, section.Text))));

    private IEnumerable<XElement> Head()
    {
        yield return new XElement("h1", "JTFA: the experiments");
        string[] summaries = [.. _sections.Select(section => section.Text.Summary).Where(text => text.Length > 0)];
        yield return Finding(["What was found", .. summaries.DefaultIfEmpty("There are no results that could be summed up.")]);
        yield return Paragraph(Reading(), "question");
        yield return new XElement("nav", new XElement("ul", _sections.Select(section =>
            new XElement("li", new XElement("a", new XAttribute("href", $"#{section.Section.Experiment}"), section.Section.Heading)))));
        yield return new XElement("h3", "What was run");
        yield return new XElement("div", new XAttribute("class", "wide"),
            new XElement("table", Facts().Select(fact =>
                new XElement("tr", new XElement("th", fact.Name), new XElement("td", fact.Value)))));
        if (_record.Skipped.Count > 0)
        {
            yield return new XElement("h3", "What was not run");
            yield return new XElement("ul",
                _record.Skipped.Select(skipped => new XElement("li", $"{HeadingOf(skipped.Key)}: {skipped.Value}")));
        }
    }

    private string Reading()
    {
        var judged = _sections.SelectMany(section => section.Text.Comparisons).Where(comparison => comparison.IsEnough).ToList();
        var told = judged.Count(comparison => comparison.Paired.Verdict != Verdict.NotTold);
        var chance = judged.Count == 0
            ? $"Here no cells have the {PairedDifference.MinimumPairs} runs that a verdict needs."
            : $"Where there is no difference that happens by chance in 1 of 16: of the {judged.Count} comparisons here {told} were told, "
                + $"and up to {Math.Round(judged.Count / 16.0)} or so would be expected by chance alone.";
        return "Numbers are medians over runs with their 95 % bootstrap intervals in brackets; with up to five runs such an interval is " +
            "the "
            + "range of the runs. Cells are compared by the differences of runs with the same seed, and called different only where that "
            + "interval excludes 0, which of five runs needs all five to differ in one direction. "
            + $"{chance} That no difference can be told does not say that there is none.";
    }

    private IEnumerable<(string Name, object Value)> Facts()
    {
        yield return ("command", new XElement("code", _record.Command));
        yield return ("version", _record.Version);
        yield return ("from, to", $"{Time(_record.StartedAt)}, {Time(_record.EndedAt)}");
        foreach (var (name, value) in _record.Machine) yield return (name, value);
        foreach (var (name, value) in _record.Settings) yield return (name, value);
    }

    private static string Time(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    private static string HeadingOf(string experiment) =>
        ReportSection.All.FirstOrDefault(section => section.Experiment == experiment)?.Heading ?? experiment;

    private static IEnumerable<XElement> Section(ReportSection section, SectionText text)
    {
        yield return new XElement("h2", new XAttribute("id", section.Experiment), section.Heading);
        yield return Paragraph(section.Question, "question");
        yield return Finding([.. text.Finding.Where(sentence => sentence.Length > 0)]);
        foreach (var figure in text.Figures) yield return new XElement("figure", figure.Svg, new XElement("figcaption", figure.Caption));
        foreach (var table in text.Tables.Where(table => table.Rows.Count > 0)) yield return Table(table);
    }

    private static XElement Finding(IReadOnlyList<string> sentences) => new(
        "div", new XAttribute("class", "finding"), sentences.Take(1).Select(first => new XElement("p", first)),
        sentences.Count > 1 ? new XElement("ul", sentences.Skip(1).Select(sentence => new XElement("li", sentence))) : null);

    private static XElement Table(Table table)
    {
        var rows = new XElement(
            "div", new XAttribute("class", "wide"),
            new XElement(
                "table", new XAttribute("class", "cells"),
                new XElement("thead", new XElement("tr", table.Heads.Select(head => new XElement("th", head)))),
                new XElement("tbody", table.Rows.Select(row => new XElement("tr", row.Select(field => new XElement("td", field)))))));
        return table.Rows.Count > LongTable || table.Heads.Count > WideTable
            ? new XElement("details", new XElement("summary", $"{table.Title} ({table.Rows.Count} rows)"), rows)
            : new XElement("section", new XElement("h3", table.Title), rows);
    }

    private static XElement Paragraph(string text, string style) => new("p", new XAttribute("class", style), text);
}
