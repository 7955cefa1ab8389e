using Jtfa.Experiments.Results;
using Jtfa.Experiments.Statistics;

namespace Jtfa.Experiments.Report;

/// <summary>A record as files: <c>report.html</c>, <c>estimates.csv</c>, a CSV an experiment, <c>figures/*.svg</c>.</summary>
public static class ReportFolder
{
    /// <summary>Writes them; files of these names that are there are replaced, others are left.</summary>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    public static void Write(ExperimentRecord record, string folder)
    {
        var report = HtmlReport.Create(record);
        var figures = Directory.CreateDirectory(Path.Combine(folder, "figures")).FullName;
        File.WriteAllText(Path.Combine(folder, "report.html"), report.Html);
        foreach (var figure in report.Figures) File.WriteAllText(Path.Combine(figures, $"{figure.Name}.svg"), $"{figure.Svg}\n");
        File.WriteAllText(Path.Combine(folder, "estimates.csv"), ResultsCsv.OfEstimates(Cells.Group(record.Results)));
        foreach (var runs in record.Results.GroupBy(run => run.Experiment))
            File.WriteAllText(Path.Combine(folder, $"{runs.Key}.csv"), ResultsCsv.OfRuns([.. runs]));
    }
}
