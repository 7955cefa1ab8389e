using Microsoft.Extensions.Logging;

namespace Orleans.Embedded.Tests;

/// <summary>Keeps the exceptions that a silo logs as a warning or worse.</summary>
public sealed class Journal : ILoggerProvider
{
    private readonly Lock _gate = new();
    private readonly List<(LogLevel Level, string Exception)> _entries = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Waits until an exception was logged that says <paramref name="text"/>.</summary>
    public async Task HasAsync(LogLevel level, string text)
    {
        while (true)
        {
            Task more;
            lock (_gate)
            {
                if (_entries.Any(entry => entry.Level == level && entry.Exception.Contains(text, StringComparison.Ordinal))) return;
                more = _more.Task;
            }

            await more;
        }
    }

    /// <inheritdoc />
    public ILogger CreateLogger(string categoryName) => new Page(this);

    /// <inheritdoc />
    public void Dispose()
    {
    }

    private void Add(LogLevel level, string exception)
    {
        lock (_gate)
        {
            _entries.Add((level, exception));
            _more.SetResult();
            _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private sealed class Page(Journal journal) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel) && exception is not null) journal.Add(logLevel, exception.ToString());
        }
    }
}
