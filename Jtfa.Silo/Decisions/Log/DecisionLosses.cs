using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Decisions;

/// <summary>Counts lost decisions and logs them: the first at once, then the sum at most every ten seconds.</summary>
internal sealed partial class DecisionLosses(DecisionLogCounters counters, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private long _unsaid;
    private string _reason = string.Empty;
    private DateTimeOffset _said = DateTimeOffset.MinValue;

    public void Add(long decisions, string reason)
    {
        counters.CountLost(decisions);
        lock (_lock)
        {
            _unsaid += decisions;
            _reason = reason;
        }

        Say(atOnce: false);
    }

    /// <summary>Logs the losses that were not logged yet.</summary>
    public void Say(bool atOnce)
    {
        lock (_lock)
        {
            var now = clock.GetUtcNow();
            if (_unsaid == 0 || (!atOnce && now - _said < s_quiet)) return;
            LogLost(logger, _unsaid, _reason, counters.Lost);
            (_unsaid, _said) = (0, now);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Decisions} decisions lost: {Reason}; {Total} since the start")]
    private static partial void LogLost(ILogger logger, long decisions, string reason, long total);
}
