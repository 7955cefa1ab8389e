using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Decisions;

/// <summary>Committed decisions on their way to the CSV file: while it takes none they are kept, up to a limit.</summary>
internal sealed partial class DecisionCsvBacklog(
    DecisionCsv file, string path, int limit, DecisionLogCounters counters, ILogger logger) : IDisposable
{
    private readonly List<Decision> _owed = [];
    private volatile string? _fault;

    /// <summary>Why the file did not take the last rows; null when it did.</summary>
    public string? Fault => _fault;

    /// <summary>Writes decisions, and those before them that the file did not take.</summary>
    public void Append(IReadOnlyList<Decision> decisions)
    {
        _owed.AddRange(decisions);
        try
        {
            file.Append(_owed);
            _owed.Clear();
            _fault = null;
        }
        catch (IOException failure)
        {
            if (_fault is null) LogBehind(path, failure.Message);
            _fault = failure.Message;
            if (_owed.Count > limit) GiveUp();
        }
    }

    /// <summary>Tries a last time, and counts what the file still does not take.</summary>
    public void Finish()
    {
        Append([]);
        GiveUp();
    }

    public void Dispose() => file.Dispose();

    private void GiveUp()
    {
        if (_owed.Count == 0) return;
        counters.CountCsvMissed(_owed.Count);
        LogMissed(_owed.Count, path);
        _owed.Clear();
    }

    [LoggerMessage(
        EventName = "CsvBehind", Level = LogLevel.Error, Message = "{Csv} cannot be written to, its rows wait in memory: {Reason}")]
    private partial void LogBehind(string csv, string reason);

    [LoggerMessage(EventName = "CsvMissed", Level = LogLevel.Error, Message = "{Decisions} decisions are in the database but not in {Csv}")]
    private partial void LogMissed(int decisions, string csv);
}
