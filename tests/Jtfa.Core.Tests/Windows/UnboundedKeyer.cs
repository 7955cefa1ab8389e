namespace Jtfa.Core.Tests.Windows;

/// <summary>What a keyer would do that never forgot a decision.</summary>
internal sealed class UnboundedKeyer(double maxAge, double ahead, KeyingRule rule)
{
    private readonly Dictionary<long, double> _openedAt = [];

    /// <summary>When each decision opened.</summary>
    public IEnumerable<double> Opened => _openedAt.Values;

    public RejectReason Key(double timestamp, long decision, double now)
    {
        if (timestamp > now + ahead) return RejectReason.Future;
        if (timestamp < now - maxAge) return RejectReason.Stale;
        if (!_openedAt.TryGetValue(decision, out var openedAt)) _openedAt[decision] = openedAt = now;
        return now >= openedAt + rule.T + rule.Linger ? RejectReason.Stale : RejectReason.None;
    }
}
