using Jtfa.Experiments.Results;
using Jtfa.Experiments.Runs;
using Spectre.Console;

namespace Jtfa.Lab.Experiments;

/// <summary>Shows how far experiments have come: a bar where somebody watches, else a line a run.</summary>
internal static class ExperimentBar
{
    /// <summary>Shows it while they run.</summary>
    public static async Task<IReadOnlyList<RunResult>> ShowAsync(Func<Action<ExperimentProgress>, Task<IReadOnlyList<RunResult>>> run)
    {
        // On standard error: standard output has the report's path alone.
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        if (Console.IsErrorRedirected) return await run(progress => console.WriteLine(Line(progress)));
        return await console.Progress().AutoClear(true)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left },
                new SpinnerColumn())
            .StartAsync(async bar =>
            {
                var task = bar.AddTask("starting");
                return await run(progress =>
                {
                    (task.MaxValue, task.Value) = (progress.Runs, progress.Done);
                    task.Description = Markup.Escape(Line(progress));
                });
            });
    }

    private static string Line(ExperimentProgress progress) =>
        progress.Current.Length == 0
            ? $"{progress.Done} of {progress.Runs} runs"
            : $"{progress.Done} of {progress.Runs} runs, about {Time(progress.Left)} left: {progress.Current}";

    private static string Time(TimeSpan left) => left.TotalSeconds < 90 ? $"{left.TotalSeconds:F0} s" : $"{left.TotalMinutes:F0} min";
}
