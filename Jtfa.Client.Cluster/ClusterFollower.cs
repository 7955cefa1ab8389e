using System.Runtime.CompilerServices;
using Jtfa.Interfaces;

namespace Jtfa.Client;

/// <summary>
/// Follows a scene by its stream, and by its log where the stream has lost something. The log is a little behind the stream, so it is read
/// until it reaches what the stream has delivered meanwhile; some decisions come by both.
/// </summary>
/// <param name="buffer">What the stream delivers.</param>
/// <param name="readAfter">Reads a page of the log.</param>
/// <param name="clock">Measures waits.</param>
internal sealed class ClusterFollower(
    DecisionBuffer buffer, Func<DecisionPosition, CancellationToken, Task<Decision[]>> readAfter, TimeProvider clock)
{
    private static readonly TimeSpan s_firstLook = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan s_maxLook = TimeSpan.FromSeconds(1);

    // A published decision that is not in the log after this time counts as lost with the silo that should have written it.
    private static readonly TimeSpan s_commitWithin = TimeSpan.FromSeconds(10);

    // A stream may stop without an error, for example when its delivery fails repeatedly: after each such silence the log is read.
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(5);

    // Seconds between fire times beyond which the later decision is also later in the log: decisions are logged in the order they are
    // published, and published about when they fire.
    private const double PastSeconds = 1;

    /// <summary>The scene's decisions after a place, without end; one may come twice.</summary>
    /// <exception cref="JtfaNotFoundException">There is no such scene.</exception>
    public async IAsyncEnumerable<Decision> FollowAsync(DecisionPosition last, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var next = buffer.NextAsync(cancellationToken).AsTask();
            while (!next.IsCompleted && await IsSilentAsync(next, cancellationToken))
            {
                foreach (var unheard in await ReadSilentAsync(last, cancellationToken))
                {
                    last = DecisionPosition.FromDecision(unheard);
                    yield return unheard;
                }
            }

            if (await next is { } decision)
            {
                last = DecisionPosition.FromDecision(decision);
                yield return decision;
                continue;
            }

            await foreach (var missed in CatchUpAsync(last, cancellationToken))
            {
                last = DecisionPosition.FromDecision(missed);
                yield return missed;
            }
        }
    }

    private async Task<bool> IsSilentAsync(Task next, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var silent = await Task.WhenAny(next, Task.Delay(s_silence, clock, end.Token)) != next;
        await end.CancelAsync();
        return silent && !cancellationToken.IsCancellationRequested;
    }

    private async Task<Decision[]> ReadSilentAsync(DecisionPosition after, CancellationToken cancellationToken)
    {
        try
        {
            return await readAfter(after, cancellationToken);
        }
        catch (JtfaUnavailableException fault) when (fault.MayPass)
        {
            return []; // the log is away too; it is read again after the next silence
        }
    }

    /// <summary>What the log has after a place, until it reaches the buffer's first decision.</summary>
    private async IAsyncEnumerable<Decision> CatchUpAsync(
        DecisionPosition after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var looks = new LogLooks(buffer, clock);
        var read = new RecentKeys(DecisionBuffer.Size);
        read.Add(after.Key);
        while (true)
        {
            Decision[] page;
            try
            {
                page = await readAfter(after, cancellationToken);
            }
            catch (JtfaUnavailableException fault) when (fault.MayPass)
            {
                // The log is away, but loses nothing by that, so the wait for a decision that it lacks starts again.
                looks.Restart();
                await looks.WaitAsync(s_maxLook, s_maxLook, cancellationToken);
                continue;
            }

            foreach (var decision in page)
            {
                read.Add(decision.Key);
                after = DecisionPosition.FromDecision(decision);
                yield return decision;
            }

            if (buffer.TryPeek(out var first) && (HasCome(first) || (page.Length == 0 && looks.HasWaited(first, s_commitWithin))))
                yield break;
            if (page.Length < DecisionQuery.MaxLimit) await looks.WaitAsync(s_firstLook, s_maxLook, cancellationToken);
        }

        bool HasCome(Decision first) => read.Contains(first.Key)
            || (after.Key.ClockEpoch, after.Timestamp).CompareTo((first.ClockEpoch, first.Timestamp + PastSeconds)) > 0;
    }
}

/// <summary>When to look into the log again.</summary>
internal sealed class LogLooks(DecisionBuffer buffer, TimeProvider clock)
{
    private DecisionKey? _key;
    private long _since;
    private int _looks;

    /// <summary>Forgets how long it has waited.</summary>
    public void Restart() => _key = null;

    /// <summary>Whether this time has passed since the log was first found to lack a decision.</summary>
    public bool HasWaited(Decision decision, TimeSpan time)
    {
        if (_key != decision.Key) (_key, _since) = (decision.Key, clock.GetTimestamp());
        return clock.GetElapsedTime(_since) >= time;
    }

    /// <summary>Waits, longer each time; where the stream has delivered nothing yet, the wait ends when it does.</summary>
    public async Task WaitAsync(TimeSpan first, TimeSpan most, CancellationToken cancellationToken)
    {
        var full = Math.Min(most.TotalMilliseconds, first.TotalMilliseconds * Math.Pow(2, Math.Min(_looks++, 20)));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var delay = Task.Delay(TimeSpan.FromMilliseconds(full), clock, end.Token);
        if (buffer.TryPeek(out _)) await delay;
        else if (await Task.WhenAny(delay, buffer.WaitAsync(end.Token)) != delay) _looks = 0;
        cancellationToken.ThrowIfCancellationRequested();
        await end.CancelAsync();
    }
}
