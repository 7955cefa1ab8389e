using System.CommandLine;
using Jtfa.Cli.Help;
using Jtfa.Core;
using Jtfa.Silo.Cameras.Fitting;

namespace Jtfa.Cli.Commands;

/// <summary><c>jtfa model fit</c>: projection, gate and head of a collection.</summary>
internal static class ModelFitCommand
{
    private static readonly Option<string> s_collection = ModelCommand.Collection();
    private static readonly Option<string> s_out = new("--out") { Description = "The folder to write.", Required = true };
    private static readonly Option<ProjectionKind> s_projection = new("--projection")
    {
        Description = "How vectors become tokens: Pca (the directions that vary most) or Lda (those that tell the classes apart).",
        DefaultValueFactory = _ => ProjectionKind.Pca,
    };
    private static readonly Option<int> s_dimension =
        new("--dimension") { Description = "Numbers a token, at most.", DefaultValueFactory = _ => 16 };
    private static readonly Option<int> s_seed =
        new("--seed") { Description = "The same vectors and seed give the same model.", DefaultValueFactory = _ => 7 };
    private static readonly Option<string> s_scene =
        new("--scene") { Description = "The scene of the silo.json that it writes.", DefaultValueFactory = _ => "default" };

    public static Command Create()
    {
        var command = new Command(
            "fit",
            "Fit a model on what was collected, and say how often each view and all fused are right on what was held out: the last quarter "
            + "of each run.")
        {
            s_out, s_collection, s_projection, s_dimension, s_seed, s_scene,
        };
        command.SetAction(RunAsync);
        return command.WithExamples("jtfa model fit --out my-model", "jtfa model fit --out my-model --projection Lda --dimension 8");
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var dimension = parsed.GetValue(s_dimension);
        if (dimension is < 1 or > TokenPacket.MaxDimension)
            throw new UsageException($"--dimension {dimension}: allowed is 1 … {TokenPacket.MaxDimension}");
        var (kind, scene) = (parsed.GetValue(s_projection), parsed.GetValue(s_scene)!);
        if (scene.Length == 0 || scene.Contains('/')) throw new UsageException($"--scene '{scene}': allowed is a name without '/'");
        var collection = VectorCollection.Open(parsed.GetValue(s_collection)!);
        var fit = ModelFit.Of(collection, new FitOptions(kind, dimension, parsed.GetValue(s_seed)));
        cancellationToken.ThrowIfCancellationRequested();
        var folder = parsed.GetValue(s_out)!;
        var silo = fit.Write(folder, scene);
        var report = fit.Report;
        await TableOf(report).WriteAsync();
        await Console.Out.WriteLineAsync(
            $"{folder}: {report.Features} numbers → tokens of {report.Dimension} by {kind.ToString().ToUpperInvariant()}, which keep "
            + $"{ResultTable.Number(report.Kept * 100, "F0")} % of the variance{(kind == ProjectionKind.Lda ? " between classes" : "")}");
        await Console.Out.WriteLineAsync(silo is not null
            ? $"A silo with the cameras that were collected from: jtfa silo --config {Path.Combine(folder, Path.GetFileName(silo))}"
            : $"A silo: jtfa silo --k {report.Views.Count} --n {report.Views.Count} --head {Path.Combine(folder, "head.npz")}; cameras: "
                + $"jtfa camera --model {folder} --view {string.Join('|', report.Views)}");
        return 0;
    }

    private static ResultTable TableOf(FitReport report)
    {
        var table = new ResultTable(["class", "fitted", "held out", .. report.Views.Select(view => $"view {view}"), "fused"]);
        foreach (var one in report.Classes) Add(one.Class, one.Fitted, one.HeldOut, one.ByView, one.Fused);
        Add("all", report.Classes.Sum(one => one.Fitted), report.Classes.Sum(one => one.HeldOut), report.ByView, report.Fused);
        return table;

        void Add(string name, int fitted, int heldOut, IEnumerable<double> byView, double fused) =>
            table.Add([name, ResultTable.Count(fitted), ResultTable.Count(heldOut), .. byView.Append(fused).Select(Percent)]);
    }

    private static string Percent(double share) => double.IsFinite(share) ? $"{ResultTable.Number(share * 100, "F1")} %" : "–";
}
