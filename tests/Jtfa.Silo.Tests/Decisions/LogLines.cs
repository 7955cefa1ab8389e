using System.Collections.Concurrent;
using Jtfa.Silo.Decisions;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>What the log told the operator.</summary>
internal sealed class LogLines : ILogger<AdoNetDecisionLog>
{
    private readonly ConcurrentQueue<(string Name, LogLevel Level, string Line)> _lines = new();

    public IReadOnlyList<(string Name, LogLevel Level, string Line)> All => [.. _lines];

    public IReadOnlyList<string> Of(string name) => [.. _lines.Where(line => line.Name == name).Select(line => line.Line)];

    public IReadOnlyList<string> Errors => [.. _lines.Where(line => line.Level >= LogLevel.Error).Select(line => line.Line)];

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((eventId.Name ?? string.Empty, logLevel, formatter(state, exception)));
}
