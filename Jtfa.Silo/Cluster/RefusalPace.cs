namespace Jtfa.Silo.Cluster;

/// <summary>Has one refusal in ten seconds logged: a stranger who tries again and again must not fill the disk with lines.</summary>
internal sealed class RefusalPace(TimeProvider clock)
{
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(10);

    private long _toldAt;

    /// <summary>Whether this refusal is to be logged.</summary>
    public bool IsDue()
    {
        var told = Interlocked.Read(ref _toldAt);
        return (told == 0 || clock.GetElapsedTime(told) >= s_quiet)
            && Interlocked.CompareExchange(ref _toldAt, clock.GetTimestamp(), told) == told;
    }
}
