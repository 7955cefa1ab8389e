using Jtfa.Interfaces;

namespace Jtfa.Client;

/// <summary>Calls of grains: tried again while that may help; failures become the exceptions of <see cref="IJtfaClient"/>.</summary>
internal sealed class ClusterCalls(TimeProvider clock)
{
    /// <summary>Who is asked, for faults.</summary>
    public const string Address = "the cluster";

    private const int Retries = 3;

    private static readonly TimeSpan s_firstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_maxDelay = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_maxRetryAfter = TimeSpan.FromMinutes(1);

    // By name: a client does not reference the silo's types, and Orleans gives it an exception of unknown type as the second of these.
    private static readonly string[] s_logIsAway = ["DecisionLogException", "UnavailableExceptionFallbackException"];

    /// <summary>
    /// Asks grains. A call fails because the grain throws, for example while the log is away, or because its silo stops: both may pass.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="isToBeRepeated">Whether a fault that may pass is one after which the call is made again; null: each is.</param>
    public async Task<T> AskAsync<T>(
        Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken, Func<Exception, bool>? isToBeRepeated = null)
    {
        var backoff = new Backoff(s_firstDelay, s_maxDelay, clock);
        while (true)
        {
            TimeSpan? after;
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                return await call(cancellationToken);
            }
            catch (ArgumentException fault)
            {
                // The message without the name of the grain's parameter, as callers by HTTP get it.
                var said = fault.Message.Split(" (Parameter '")[0];
                throw fault is SceneNotFoundException
                    ? new JtfaNotFoundException(Address, said, fault)
                    : new JtfaInvalidValueException(Address, said, fault);
            }
            catch (Exception fault) when (fault is not JtfaException or JtfaUnavailableException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var explained = Explain(fault);
                if (!explained.MayPass || backoff.Tries == Retries || explained.RetryAfter > s_maxRetryAfter
                    || isToBeRepeated?.Invoke(fault) == false) throw explained;
                after = explained.RetryAfter;
            }

            await backoff.WaitAsync(after, cancellationToken);
        }
    }

    /// <summary>Passes where a request of a language model is served.</summary>
    /// <exception cref="JtfaException">It is not.</exception>
    public static void ThrowUnlessAccepted(TextStart start)
    {
        if (start.Answer == TextAnswer.Accepted) return;
        var said = start.Fault ?? "the request is not served";
        throw start.Answer switch
        {
            TextAnswer.UnknownModel => new JtfaNotFoundException(Address, said),
            TextAnswer.Refused => new JtfaInvalidValueException(Address, said),
            _ => new JtfaUnavailableException(Address, $"the cluster cannot serve now ({said}): ask again later")
            {
                MayPass = true,
                RetryAfter = start.RetryAfter,
            },
        };
    }

    /// <summary>The exception to throw for a call that failed.</summary>
    public static JtfaUnavailableException Explain(Exception fault)
    {
        if (fault is JtfaUnavailableException known) return known;
        var said = fault.Message.ReplaceLineEndings(" ");
        // The caller's own cancellation was thrown before this; any other cancellation comes from a silo that stops.
        return fault is OrleansException or EnumerationAbortedException or TimeoutException or OperationCanceledException or IOException
            || s_logIsAway.Contains(fault.GetType().Name)
            ? new(Address, $"the cluster cannot serve now ({said}): see whether its silos are well, or ask again later", fault)
            {
                MayPass = true,
            }
            : new(Address, $"the cluster failed ({said}): its silos' logs say why", fault);
    }
}
