using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Orleans.Runtime;

/// <summary>
/// One activation of a grain: its object, and the mailbox that lets requests run as turns, one request at a time unless they may
/// interleave. Lives from the first call until it is idle for too long, asks to go, or the silo stops.
/// </summary>
internal sealed partial class Activation : IGrainContext
{
    // An activation that asks to go while it activates is tried so many times more, as on Orleans.
    private const int MaxForwards = 2;

    private enum Stage { Activating, Active, Deactivating, Gone }

    [ThreadStatic]
    private static Activation? s_constructing;

    private readonly TurnScheduler _turns;
    private readonly Mailbox _mailbox;
    private readonly GrainClass _class;
    private readonly AsyncServiceScope _scope;

    // Activations are many, and what only some need is made when they do.
    private TaskCompletionSource? _gone;
    private GrainTimer? _timers;
    private List<Core.IStorage>? _states;

    private Stage _stage = Stage.Activating;
    private bool _wasActive;
    private DeactivationReason _reason;
    private CancellationToken _hurry;
    private bool _deactivationRequested;
    private IGrainBase? _grain;
    private long _lastUse;
    private long _keepUntil = long.MinValue;

    /// <summary>Does nothing yet: <see cref="Start"/> does, once the catalog knows of it.</summary>
    public Activation(Catalog catalog, GrainClass grainClass, GrainId id)
    {
        Catalog = catalog;
        _class = grainClass;
        GrainId = id;
        _turns = new TurnScheduler(this);
        _mailbox = new Mailbox(grainClass.IsReentrant, _turns);
        _scope = catalog.Services.CreateAsyncScope();
        _lastUse = catalog.TimeProvider.GetTimestamp();
    }

    /// <summary>The activation whose grain is being constructed on this thread, or whose turn runs on it.</summary>
    public static Activation? Current => s_constructing ?? TurnScheduler.Running?.Owner;

    public Catalog Catalog { get; }

    public GrainId GrainId { get; }

    public IServiceProvider ActivationServices => _scope.ServiceProvider;

    public IGrainBase Grain => _grain!;

    /// <summary>Completes when the activation has deactivated.</summary>
    public Task Gone
    {
        get
        {
            lock (_mailbox)
            {
                if (_stage == Stage.Gone) return Task.CompletedTask;
                return (_gone ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
        }
    }

    /// <summary>Constructs the grain and activates it, as its first turn.</summary>
    public void Start() => _turns.Post(() => _ = ActivateAsync());

    /// <summary>Queues an action as a turn of its own.</summary>
    public void Post(Action action) => _turns.Post(action);

    /// <summary>Refuses what only the grain's own turns may do.</summary>
    /// <exception cref="InvalidOperationException">Not on a turn of this activation.</exception>
    public void CheckTurn()
    {
        if (Current != this) throw new InvalidOperationException($"Only {GrainId} itself may do this, on its own turn: not a task that left the grain's scheduler.");
    }

    /// <summary>Takes a request; false when the activation is gone, and the request must find the next one.</summary>
    public bool TryReceive(Request request)
    {
        lock (_mailbox)
        {
            if (_stage == Stage.Gone) return false;
            if (_stage != Stage.Active || _deactivationRequested || !_mailbox.TryStart(request)) _mailbox.Add(request);
            return true;
        }
    }

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        lock (_mailbox)
        {
            if (_deactivationRequested || _stage >= Stage.Deactivating) return;
            _deactivationRequested = true;
            _reason = deactivationReason;
            _hurry = cancellationToken;
            DeactivateIfIdle();
        }
    }

    /// <summary>Deactivates it if nothing has run here for <paramref name="age"/>, and nothing asked to keep it.</summary>
    public void Collect(TimeSpan age)
    {
        lock (_mailbox)
        {
            if (_stage == Stage.Active && _mailbox.IsEmpty
                && Catalog.TimeProvider.GetTimestamp() >= _keepUntil
                && Catalog.TimeProvider.GetElapsedTime(_lastUse) >= age)
            {
                Deactivate(new(DeactivationReasonCode.ActivationIdle, $"Idle for {age}."));
            }
        }
    }

    /// <param name="time">Infinite keeps it for ever; zero takes back what was asked before.</param>
    public void DelayDeactivation(TimeSpan time)
    {
        var clock = Catalog.TimeProvider;
        lock (_mailbox)
        {
            _keepUntil = time == Timeout.InfiniteTimeSpan || time == TimeSpan.MaxValue ? long.MaxValue
                : time <= TimeSpan.Zero ? long.MinValue
                : clock.GetTimestamp() + (long)(time.TotalSeconds * clock.TimestampFrequency);
        }
    }

    /// <summary>Called while the grain is constructed: its state is read before it activates.</summary>
    public void AddState(Core.IStorage state) => (_states ??= []).Add(state);

    public void AddTimer(GrainTimer timer)
    {
        lock (_mailbox)
        {
            ObjectDisposedException.ThrowIf(_stage == Stage.Gone, this);
            (timer.Next, _timers) = (_timers, timer);
        }
    }

    public void RemoveTimer(GrainTimer timer)
    {
        lock (_mailbox)
        {
            if (_timers == timer) _timers = timer.Next;
            for (var other = _timers; other is not null; other = other.Next)
                if (other.Next == timer) other.Next = timer.Next;
        }
    }

    /// <summary>Called by a request, on a turn, when it has ended.</summary>
    public void OnEnded(Request request)
    {
        lock (_mailbox)
        {
            _mailbox.OnEnded(request);
            if (request.KeepsAlive) _lastUse = Catalog.TimeProvider.GetTimestamp();
            if (_deactivationRequested) DeactivateIfIdle();
            else _mailbox.StartWaiting();
        }
    }

    private void DeactivateIfIdle()
    {
        if (_stage != Stage.Active || !_mailbox.IsIdle) return;
        _stage = Stage.Deactivating;
        _turns.Post(() => _ = DeactivateAsync());
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever activation throws is given to the calls that wait for it.")]
    private async Task ActivateAsync()
    {
        try
        {
            Construct();
            foreach (var state in _states ?? []) await state.ReadStateAsync();
            await _grain!.OnActivateAsync(CancellationToken.None);
        }
        catch (Exception exception)
        {
            LogActivationFailed(Catalog.Logger, exception, GrainId);
            Request[] failed;
            lock (_mailbox)
            {
                _stage = Stage.Deactivating;
                failed = _mailbox.TakeWaiting();
            }

            // Ended first, so that a caller's next call finds the next activation.
            await EndAsync();
            foreach (var request in failed) request.Fail(exception);
            return;
        }

        lock (_mailbox)
        {
            _stage = Stage.Active;
            _wasActive = !_deactivationRequested;
            if (_deactivationRequested) DeactivateIfIdle();
            else _mailbox.StartWaiting();
        }
    }

    private void Construct()
    {
        s_constructing = this;
        try
        {
            _grain = _class.Create(this);
        }
        finally
        {
            s_constructing = null;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "A failing OnDeactivateAsync is logged and does not keep the activation.")]
    private async Task DeactivateAsync()
    {
        try
        {
            DisposeTimers();
            await _grain!.OnDeactivateAsync(_reason, _hurry);
        }
        catch (Exception exception)
        {
            LogDeactivationFailed(Catalog.Logger, exception, GrainId);
        }

        await EndAsync();
    }

    private async Task EndAsync()
    {
        DisposeTimers();
        await DisposeGrainAsync();

        Request[] orphans;
        lock (_mailbox)
        {
            _stage = Stage.Gone;
            orphans = _mailbox.TakeWaiting();
        }

        Catalog.Remove(this);
        foreach (var request in orphans)
        {
            if (request.DiesWithActivation) request.Fail(new OrleansMessageRejectionException($"{GrainId} has deactivated."));
            else if (!_wasActive && ++request.Forwards > MaxForwards) request.Fail(new OrleansMessageRejectionException($"{GrainId} deactivates each time that it activates."));
            else Catalog.Send(GrainId, _class, request);
        }

        _gone?.SetResult();
    }

    [SuppressMessage("Design", "CA1031", Justification = "Calls wait for the next activation, whatever disposing of this one throws.")]
    private async Task DisposeGrainAsync()
    {
        try
        {
            if (_grain is IAsyncDisposable asyncDisposable) await asyncDisposable.DisposeAsync();
            else if (_grain is IDisposable disposable) disposable.Dispose();
            await _scope.DisposeAsync();
        }
        catch (Exception exception)
        {
            LogDeactivationFailed(Catalog.Logger, exception, GrainId);
        }
    }

    private void DisposeTimers()
    {
        while (_timers is { } timer) timer.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Activation of {GrainId} failed")]
    private static partial void LogActivationFailed(ILogger logger, Exception exception, GrainId grainId);

    [LoggerMessage(Level = LogLevel.Error, Message = "Deactivation of {GrainId} failed")]
    private static partial void LogDeactivationFailed(ILogger logger, Exception exception, GrainId grainId);
}
