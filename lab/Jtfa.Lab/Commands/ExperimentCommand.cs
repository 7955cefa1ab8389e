using System.CommandLine;
using System.Globalization;
using System.Reflection;
using Jtfa.Lab.Experiments;
using Jtfa.Experiments.Nodes;
using Jtfa.Experiments.Report;
using Jtfa.Experiments.Report.Drawing;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Runs;
using Jtfa.Testbed;
using Jtfa.Testbed.Hosts;

namespace Jtfa.Lab.Commands;

/// <summary><c>jtfa experiment</c>: the paper's experiments on a testbed of five hosts, and their report.</summary>
internal static class ExperimentCommand
{
    private const string All = "all";
    private const int MaxRepeats = 100;

    private static readonly string[] s_names =
    [
        ExperimentNames.Relay, ExperimentNames.Encodings, ExperimentNames.Conservative, ExperimentNames.Relaxed, ExperimentNames.Bandwidth,
        ExperimentNames.Tail, ExperimentNames.Strategies, ExperimentNames.Adaptive, ExperimentNames.Loss, ExperimentNames.Rate,
        ExperimentNames.Wire, ExperimentNames.Reference,
    ];

    // Of language models: no part of the paper's.
    private static readonly string[] s_known = [.. s_names, ExperimentNames.Ring];

    private static readonly Argument<string[]> s_experiments =
        new("experiment") { Description = $"{All}, or some of {string.Join(", ", s_known)}.", Arity = ArgumentArity.OneOrMore };
    private static readonly Option<bool> s_quick = new("--quick") { Description = "All in less than four minutes, with wide intervals." };
    private static readonly Option<int> s_repeats =
        new("--repeats") { Description = "Runs of each cell, each with a seed of its own.", DefaultValueFactory = _ => 5 };
    private static readonly Option<ulong> s_seed =
        new("--seed") { Description = "Seed of the first repeat; the others follow.", DefaultValueFactory = _ => 1 };
    private static readonly Option<string?> s_out = new("--out")
    {
        Description =
            "Folder of runs, CSVs and report (default: experiments, or experiments-quick). One that was interrupted is gone on with.",
    };
    private static readonly Option<bool> s_noNetns =
        new("--no-netns") { Description = "All on this machine's loopback instead of five hosts as network namespaces, which take root." };
    private static readonly Option<string?> s_reference =
        new("--reference") { Description = "Folder of the published implementation (github.com/inseomg/open_temp), to be compared with." };
    private static readonly Option<string?> s_images =
        new("--images") { Description = "IDX file of the images that cameras look at (default: the shipped sample)." };
    private static readonly Option<string?> s_labels = new("--labels") { Description = "IDX file of their labels." };
    private static readonly Option<string?> s_profiles = ProfileFile.Option();
    private static readonly Option<bool> s_json = new("--json")
    {
        Description =
            $"Print what {string.Join(" or ", ExperimentNames.Virtual)} came to as one JSON object, instead of the report's path.",
    };

    public static Command Create()
    {
        var command = new Command(
            "experiment", "Run the paper's experiments on a testbed of five hosts and write a report.")
        {
            s_experiments, s_quick, s_repeats, s_seed, s_out, s_noNetns, s_reference, s_images, s_labels, s_profiles, s_json,
        };
        command.SetAction(RunAsync);
        return command.WithExamples(
            "jtfa experiment all --quick", "jtfa experiment adaptive --quick --json",
            "jtfa experiment tail strategies --repeats 3 --no-netns",
            "jtfa experiment ring --quick");
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var settings = SettingsOf(parsed);
        if (parsed.GetValue(s_json) && !(settings.Experiments is [var asked] && ExperimentNames.Virtual.Contains(asked)))
            throw new UsageException($"--json: allowed is with one of {string.Join(", ", ExperimentNames.Virtual)} alone");
        if (settings is { Namespaces: true, NeedsHosts: true }) HostNetwork.CheckRights();
        ChartFont.Check();
        var skipped = SkippedOf(settings, parsed.GetValue(s_reference));
        var store = await RunStore.OpenAsync(settings.Folder, settings.Fingerprint, Version, cancellationToken);
        foreach (var (name, reason) in skipped) await Console.Error.WriteLineAsync($"jtfa: {name} is skipped: {reason}");
        IReadOnlyList<RunResult> results;
        try
        {
            results = await ExperimentBar.ShowAsync(progress => ExperimentRunner.RunAsync(settings, store, progress, cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new TestbedException($"stopped; the same command goes on where this was, with what is in {store.Folder}");
        }

        var record = RecordOf(settings, store, results) with { Skipped = skipped };
        ReportFolder.Write(record, store.Folder);
        await Console.Out.WriteLineAsync(
            parsed.GetValue(s_json) ? JsonOf(settings.Experiments[0], results) : Path.Combine(store.Folder, "report.html"));
        return 0;
    }

    private static string JsonOf(string experiment, IReadOnlyList<RunResult> results) => experiment switch
    {
        ExperimentNames.Loss => LossReport.Json(results),
        ExperimentNames.Rate => RateReport.Json(results),
        ExperimentNames.Wire => WireReport.Json(results),
        _ => AdaptiveReport.Json(results),
    };

    private static string Version =>
        Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    private static ExperimentSettings SettingsOf(ParseResult parsed)
    {
        var quick = parsed.GetValue(s_quick);
        var repeats = parsed.GetValue(s_repeats);
        if (repeats is < 1 or > MaxRepeats) throw new UsageException($"--repeats {repeats}: allowed is 1 … {MaxRepeats}");
        var photographs = PhotographsOf(parsed.GetValue(s_images), parsed.GetValue(s_labels));
        return new ExperimentSettings
        {
            Experiments = NamesOf(parsed.GetValue(s_experiments)!),
            Scale = quick ? ExperimentScale.Quick : ExperimentScale.Full,
            Repeats = repeats,
            Seed = parsed.GetValue(s_seed),
            Folder = Path.GetFullPath(parsed.GetValue(s_out) ?? (quick ? "experiments-quick" : "experiments")),
            Namespaces = !parsed.GetValue(s_noNetns),
            Program = JtfaProgram.Own,
            Photographs = photographs,
            MovingMoments = (count, seed, stop) => CameraTokens.MakeMovingAsync(photographs, JtfaProgram.Own.Models, count, seed, stop),
            Tokens = (model, stop) => CameraTokens.OfModelAsync(photographs, model, JtfaProgram.Own.Models, stop),
            Moments = stop => CameraTokens.MakeAsync(photographs, JtfaProgram.Own.Models, stop),
            Ring = RingCells.RunAsync,
            Profiles = ProfileFile.Load(parsed.GetValue(s_profiles)),
            Reference = parsed.GetValue(s_reference) is { } folder && Directory.Exists(folder) ? Path.GetFullPath(folder) : null,
        };
    }

    private static string[] NamesOf(string[] names)
    {
        if (names.FirstOrDefault(name => name != All && !s_known.Contains(name)) is { } unknown)
            throw new UsageException($"experiment {unknown}: allowed is {All}, {string.Join(", ", s_known)}");
        return names.Contains(All) ? [.. s_names.Union(names.Where(name => name != All))] : names;
    }

    private static Photographs PhotographsOf(string? images, string? labels)
    {
        if (images is null != labels is null) throw new UsageException("--images and --labels: allowed is both or none");
        var sample = Photographs.Sample(JtfaProgram.Own);
        var photographs = new Photographs(Path.GetFullPath(images ?? sample.Images), Path.GetFullPath(labels ?? sample.Labels));
        foreach (var path in (string[])[photographs.Images, photographs.Labels])
        {
            if (!File.Exists(path))
                throw new UsageException(
                    $"{path}: no such file; name an IDX file, as of Debian's dataset-fashion-mnist, or leave --images and --labels out");
        }

        return photographs;
    }

    private static Dictionary<string, string> SkippedOf(ExperimentSettings settings, string? folder)
    {
        var skipped = new Dictionary<string, string>();
        if (settings.Reference is null && settings.Experiments.Contains(ExperimentNames.Reference))
        {
            var missing = folder is null ? "the published implementation was not given" : $"{folder}: no such folder";
            skipped[ExperimentNames.Reference] = $"{missing}; fetch github.com/inseomg/open_temp and name its folder with --reference";
        }

        if (settings.Experiments.Contains(ExperimentNames.Loss) && !settings.Profiles.Values.Any(profile => profile.Fades))
            skipped[ExperimentNames.Loss] = "no profile's links fade; name --profiles with one whose default has a fade";
        return skipped;
    }

    private static ExperimentRecord RecordOf(ExperimentSettings settings, RunStore store, IReadOnlyList<RunResult> results) => new()
    {
        Command = $"jtfa {string.Join(' ', Environment.GetCommandLineArgs().Skip(1))}",
        Version = store.RunsVersion,
        Machine = MachineFacts.All(),
        Settings = new Dictionary<string, string>
        {
            ["scale"] = settings.Scale.Name,
            ["repeats"] = settings.Repeats.ToString(CultureInfo.InvariantCulture),
            ["seeds"] = $"{settings.Seed} … {settings.Seed + (ulong)settings.Repeats - 1}",
            ["hosts"] = settings is { Namespaces: true, NeedsHosts: true }
                ? "network namespaces, joined by a bridge" : "this machine's loopback",
            ["photographs"] = Path.GetFileName(settings.Photographs.Images),
        },
        StartedAt = store.FirstRunAt,
        EndedAt = store.LastRunAt,
        Results = results,
    };
}
