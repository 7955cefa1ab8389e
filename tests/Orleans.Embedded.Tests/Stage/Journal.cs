using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Orleans.Embedded.Tests;

/// <summary>Keeps what a silo logs as a warning or worse.</summary>
public sealed class Journal : ILoggerProvider
{
    private readonly ConcurrentQueue<(LogLevel Level, Exception? Exception)> _entries = new();

    /// <summary>The entries so far.</summary>
    public IReadOnlyCollection<(LogLevel Level, Exception? Exception)> Entries => _entries;

    /// <inheritdoc />
    public ILogger CreateLogger(string categoryName) => new Page(this);

    /// <inheritdoc />
    public void Dispose()
    {
    }

    private sealed class Page(Journal journal) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) journal._entries.Enqueue((logLevel, exception));
        }
    }
}
