using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Jtfa.Testing.Processes;

/// <summary>The lines that a program has written to one of its streams, and a way to wait for the next one that matters.</summary>
internal sealed class LineLog(string name)
{
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _ended;

    public string[] Lines
    {
        get
        {
            lock (_gate) return [.. _lines];
        }
    }

    public string Text => string.Join('\n', Lines);

    /// <summary>Fails where a line shows a value that is missing: no line that a silo prints may.</summary>
    public void HasNoNull() => Assert.DoesNotContain(Lines, line => line.Contains("(null)", StringComparison.Ordinal));

    /// <summary>Takes a line; null is the stream's end.</summary>
    public void Add(string? line)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            if (line is null) _ended = true;
            else _lines.Add(line);
            (changed, _changed) = (_changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed.SetResult();
    }

    /// <summary>The first line that matches, waited for.</summary>
    /// <exception cref="TimeoutException">None came before the stream ended or the deadline passed; the message has what came.</exception>
    public async Task<Match> MatchAsync(string pattern)
    {
        var clock = Stopwatch.StartNew();
        for (var next = 0; ;)
        {
            var (lines, ended, changed) = Look();
            for (; next < lines.Length; next++)
            {
                if (Regex.Match(lines[next], pattern) is { Success: true } match) return match;
            }

            var left = ProgramRun.Deadline - clock.Elapsed;
            if (ended || left <= TimeSpan.Zero)
                throw new TimeoutException($"No line of {name} matches '{pattern}' after {clock.Elapsed}. It has:\n{Text}");
            await Task.WhenAny(changed, Task.Delay(left, TestContext.Current.CancellationToken));
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
    }

    private (string[] Lines, bool Ended, Task Changed) Look()
    {
        lock (_gate) return ([.. _lines], _ended, _changed.Task);
    }
}
