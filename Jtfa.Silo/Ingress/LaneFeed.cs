using System.Diagnostics.CodeAnalysis;
using Jtfa.Core;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Ingress;

/// <summary>
/// What this gateway has for one lane: one call is under way at a time, so that tokens reach the lane in order; batches that come
/// meanwhile wait for the next. A lane that has died or moves is called again until it takes its tokens.
/// </summary>
internal sealed partial class LaneFeed(
    SceneRoute scene, string key, IFusionWindowGrain lane, IngressCounters counters, RejectSampler sampler, TimeProvider clock,
    ILogger logger)
{
    // As long as a cluster may take to notice that a silo has died. What waits counts as pending.
    private static readonly TimeSpan s_longestResend = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan s_resendDelay = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly Queue<(TokenBatch Batch, int Tokens)> _waiting = new();
    private bool _delivering;

    /// <summary>The lane's scene.</summary>
    public SceneRoute Scene => scene;

    /// <summary>Sends a batch, or has it wait for the call that is under way.</summary>
    public void Send(TokenBatch batch, int tokens)
    {
        lock (_gate)
        {
            _waiting.Enqueue((batch, tokens));
            if (_delivering) return;
            _delivering = true;
        }

        _ = DeliverAllAsync();
    }

    /// <summary>Drops the waiting batches, the oldest first, whose windows' timeout is over: their decisions would come too late.</summary>
    /// <returns>The tokens dropped.</returns>
    public int DropOverdue(double now)
    {
        var dropped = 0;
        lock (_gate)
        {
            while (_waiting.TryPeek(out var oldest)
                && new TokenBlock(oldest.Batch.Tokens).Header(0).ReceivedAt + oldest.Batch.Policy.LongestT.TotalSeconds < now)
                dropped += _waiting.Dequeue().Tokens;
        }

        scene.Pending.Remove(dropped);
        return dropped;
    }

    // A call is rejected, not run, when it meets an activation that ends, or a silo that has died: it then goes to the next activation.
    [SuppressMessage("Design", "CA1031", Justification = "Whatever a lane throws, its tokens are counted as undelivered.")]
    private async Task DeliverAllAsync()
    {
        while (TryTake(out var batch, out var tokens))
        {
            var start = clock.GetTimestamp();
            for (var isOver = false; !isOver;)
            {
                try
                {
                    await lane.AddAsync(batch);
                    isOver = true;
                }
                catch (Exception exception) when (GrainCalls.IsAway(exception) && clock.GetElapsedTime(start) < s_longestResend)
                {
                    // If the lane did take the batch, it counts the tokens of the second copy as duplicate or late.
                    await Task.Delay(s_resendDelay, clock);
                }
                catch (Exception exception)
                {
                    counters.AddUndelivered(tokens);
                    if (sampler.IsDue(RejectReason.None)) LogUndelivered(exception, key, counters.Undelivered);
                    isOver = true;
                }
            }

            scene.Pending.Remove(tokens);
        }
    }

    private bool TryTake([NotNullWhen(true)] out TokenBatch? batch, out int tokens)
    {
        lock (_gate)
        {
            _delivering = _waiting.TryDequeue(out var next);
            (batch, tokens) = next;
            return _delivering;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Lane {Lane} did not take its tokens ({Total} tokens so far)")]
    private partial void LogUndelivered(Exception exception, string lane, long total);
}
