using Jtfa.Language;
using Spectre.Console;

namespace Jtfa.Cli;

/// <summary>A bar on standard error for long work on model files, where somebody watches; nothing elsewhere.</summary>
internal static class WorkBar
{
    /// <summary>Shows it while work is done.</summary>
    /// <param name="work">The work, which reports how far it is.</param>
    public static T Show<T>(Func<IProgress<WorkProgress>?, T> work)
    {
        if (Console.IsErrorRedirected) return work(null);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress().AutoClear(true)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(),
                new TaskDescriptionColumn { Alignment = Justify.Left })
            .Start(bar => work(new Bar(bar.AddTask("starting"))));
    }

    private sealed class Bar(ProgressTask task) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value)
        {
            (task.MaxValue, task.Value) = (value.Total, value.Done);
            task.Description = Markup.Escape(value.Current);
        }
    }
}
