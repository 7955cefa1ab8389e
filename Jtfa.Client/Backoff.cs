namespace Jtfa.Client;

/// <summary>
/// Waits between tries: each twice as long, so that a server that comes back is not overloaded, and partly random, so that clients do not
/// all come at once.
/// </summary>
internal sealed class Backoff(TimeSpan first, TimeSpan most, TimeProvider clock)
{
    /// <summary>How often it was tried again.</summary>
    public int Tries { get; private set; }

    /// <summary>Waits; at least as long as the server asks for.</summary>
    public Task WaitAsync(TimeSpan? atLeast, CancellationToken cancellationToken)
    {
        var full = Math.Min(most.TotalMilliseconds, first.TotalMilliseconds * Math.Pow(2, Math.Min(Tries++, 30)));
        var delay = TimeSpan.FromMilliseconds(full * (1 - (Random.Shared.NextDouble() / 2)));
        return Task.Delay(delay > atLeast.GetValueOrDefault() ? delay : atLeast.GetValueOrDefault(), clock, cancellationToken);
    }

    /// <summary>Starts again with the shortest wait, after a try that worked.</summary>
    public void Reset() => Tries = 0;
}
