using Jtfa.Core;

namespace Jtfa.Silo.Ingress;

/// <summary>
/// Lets one line a second and reason into the log, so that a flood of bad datagrams is told of but does not flood the log.
/// </summary>
internal sealed class RejectSampler(TimeProvider clock)
{
    private readonly long[] _nextAt = new long[Enum.GetValues<RejectReason>().Length];

    public bool IsDue(RejectReason reason)
    {
        var now = clock.GetTimestamp();
        ref var nextAt = ref _nextAt[(int)reason];
        var due = Volatile.Read(ref nextAt);
        return now >= due && Interlocked.CompareExchange(ref nextAt, now + clock.TimestampFrequency, due) == due;
    }
}
