namespace Orleans.Runtime;

/// <summary>
/// Which of an activation's requests run and which wait. Orleans' rule: a request that may not interleave blocks others that may
/// not; those that may never block anything. Used only under the activation's lock.
/// </summary>
internal sealed class Mailbox(bool reentrant, TurnScheduler turns)
{
    private readonly LinkedList<Request> _waiting = new();
    private Request? _blocking;
    private int _running;
    private int _interleaving;

    /// <summary>Whether no request runs.</summary>
    public bool IsIdle => _running == 0;

    /// <summary>Whether no request runs, and none waits.</summary>
    public bool IsEmpty => _running == 0 && _waiting.Count == 0;

    public void Add(Request request)
    {
        _waiting.AddLast(request);
        if (request.Interleaves) _interleaving++;
    }

    /// <summary>Takes all that waits.</summary>
    public Request[] TakeWaiting()
    {
        Request[] taken = [.. _waiting];
        _waiting.Clear();
        _interleaving = 0;
        return taken;
    }

    public void OnEnded(Request request)
    {
        _running--;
        if (ReferenceEquals(_blocking, request)) _blocking = null;
    }

    /// <summary>Starts the request if it may run now.</summary>
    public bool TryStart(Request request)
    {
        if (_blocking is not null && !request.Interleaves && !reentrant && !(request.IsReadOnly && _blocking.IsReadOnly)) return false;
        _running++;
        if (!request.Interleaves) _blocking ??= request;
        turns.Post(request);
        return true;
    }

    /// <summary>Starts what waits and may run now, the oldest first; one that may not does not hold up those behind it.</summary>
    public void StartWaiting()
    {
        for (var node = _waiting.First; node is not null;)
        {
            var (request, next) = (node.Value, node.Next);
            if (TryStart(request))
            {
                _waiting.Remove(node);
                if (request.Interleaves) _interleaving--;
            }
            else if (_interleaving == 0 && !_blocking!.IsReadOnly)
            {
                // Nothing behind it may run either, and the queue may be long.
                return;
            }

            node = next;
        }
    }
}
