namespace Jtfa.Silo.Ingress;

/// <summary>Tokens on their way from the gateway to windows: bounded, so that a flood fills no memory.</summary>
internal sealed class PendingTokens(int limit)
{
    private long _count;

    public long Count => Volatile.Read(ref _count);

    public bool TryAdd(int tokens)
    {
        if (Interlocked.Add(ref _count, tokens) <= limit) return true;
        Interlocked.Add(ref _count, -tokens);
        return false;
    }

    public void Remove(int tokens) => Interlocked.Add(ref _count, -tokens);
}
