using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Jtfa.Testing.Logs;

/// <summary>Keeps the lines of every category.</summary>
internal sealed class CollectedLog : ILoggerFactory, ILoggerProvider
{
    private readonly ConcurrentQueue<(string Category, LogLevel Level, string Line)> _lines = new();

    public IReadOnlyList<string> Lines => [.. _lines.Select(entry => entry.Line)];

    /// <summary>Lines of this level or a graver one, of all categories or of those that begin so.</summary>
    public IReadOnlyList<string> From(LogLevel level, params string[] categories) =>
    [
        .. _lines.Where(entry => entry.Level >= level)
            .Where(entry => categories is [] || categories.Any(category => entry.Category.StartsWith(category, StringComparison.Ordinal)))
            .Select(entry => entry.Line),
    ];

    public ILogger CreateLogger(string categoryName) => new Category(categoryName, _lines);

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }

    private sealed class Category(string name, ConcurrentQueue<(string, LogLevel, string)> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue((name, logLevel, formatter(state, exception) + (exception is null ? "" : $": {exception}")));
    }
}
