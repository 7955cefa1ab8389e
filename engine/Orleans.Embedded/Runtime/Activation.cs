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
    private enum Stage { Activating, Active, Deactivating, Gone }

    [ThreadStatic]
    private static Activation? s_constructing;

    private readonly Lock _gate = new();
    private readonly TurnScheduler _turns = new();
    private readonly GrainClass _class;
    private readonly Queue<Request> _waiting = new();
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly AsyncServiceScope _scope;
    private readonly HashSet<GrainTimer> _timers = [];
    private readonly List<Core.IStorage> _states = [];

    private Stage _stage = Stage.Activating;
    private int _running;
    private Request? _blocking;
    private DeactivationReason _reason;
    private bool _deactivationRequested;
    private IGrainBase? _grain;
    private long _lastUse;
    private long _keepAliveUntil;

    public Activation(Catalog catalog, GrainClass grainClass, GrainId id)
    {
        Catalog = catalog;
        _class = grainClass;
        GrainId = id;
        _scope = catalog.Services.CreateAsyncScope();
        _lastUse = catalog.TimeProvider.GetTimestamp();
        _turns.Post(() => _ = ActivateAsync());
    }

    /// <summary>The activation whose grain is being constructed on this thread, or whose turn runs on it.</summary>
    public static Activation? Current => s_constructing ?? TurnScheduler.Running?.Owner;

    public Catalog Catalog { get; }

    public GrainId GrainId { get; }

    public IServiceProvider ActivationServices => _scope.ServiceProvider;

    public IGrainBase Grain => _grain!;

    /// <summary>Completes when the activation has deactivated.</summary>
    public Task Gone => _gone.Task;

    /// <summary>Takes a request; false when the activation is gone, and the request must find the next one.</summary>
    public bool TryReceive(Request request)
    {
        lock (_gate)
        {
            if (_stage == Stage.Gone) return false;
            if (_stage == Stage.Active && MayRun(request)) Start(request);
            else _waiting.Enqueue(request);
            return true;
        }
    }

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_deactivationRequested || _stage >= Stage.Deactivating) return;
            _deactivationRequested = true;
            _reason = deactivationReason;
            if (_running == 0 && _stage == Stage.Active) BeginDeactivation();
        }
    }

    public void DelayDeactivation(TimeSpan time) =>
        _keepAliveUntil = Catalog.TimeProvider.GetTimestamp() + (long)(time.TotalSeconds * Catalog.TimeProvider.TimestampFrequency);

    /// <summary>Whether nothing has run here for <paramref name="age"/>, and nothing asked to keep it.</summary>
    public bool IsIdleFor(TimeSpan age)
    {
        lock (_gate)
        {
            return _stage == Stage.Active && _running == 0 && _waiting.Count == 0
                && Catalog.TimeProvider.GetTimestamp() >= _keepAliveUntil
                && Catalog.TimeProvider.GetElapsedTime(_lastUse) >= age;
        }
    }

    /// <summary>Called while the grain is constructed: its state is read before it activates.</summary>
    public void AddState(Core.IStorage state) => _states.Add(state);

    public void AddTimer(GrainTimer timer)
    {
        lock (_gate) _timers.Add(timer);
    }

    public void RemoveTimer(GrainTimer timer)
    {
        lock (_gate) _timers.Remove(timer);
    }

    /// <summary>Called by a request, on a turn, when it has ended.</summary>
    public void OnEnded(Request request)
    {
        lock (_gate)
        {
            _running--;
            if (ReferenceEquals(_blocking, request)) _blocking = null;
            if (request.KeepsAlive) _lastUse = Catalog.TimeProvider.GetTimestamp();
            if (_deactivationRequested)
            {
                if (_running == 0 && _stage == Stage.Active) BeginDeactivation();
                return;
            }

            StartWaiting();
        }
    }

    // Orleans' rule: a request that may not interleave blocks others that may not; those that may never block anything.
    private bool MayRun(Request request) =>
        !_deactivationRequested && (_blocking is null || request.Interleaves || _class.IsReentrant || (request.IsReadOnly && _blocking.IsReadOnly));

    private void Start(Request request)
    {
        _running++;
        if (!request.Interleaves) _blocking ??= request;
        _turns.Post(request);
    }

    private void StartWaiting()
    {
        while (_waiting.TryPeek(out var next) && MayRun(next)) Start(_waiting.Dequeue());
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever activation throws is given to the calls that wait for it.")]
    private async Task ActivateAsync()
    {
        try
        {
            _turns.Owner = this;
            Construct();
            foreach (var state in _states) await state.ReadStateAsync();
            await _grain!.OnActivateAsync(CancellationToken.None);
        }
        catch (Exception exception)
        {
            LogActivationFailed(Catalog.Logger, exception, GrainId);
            Request[] failed;
            lock (_gate)
            {
                _stage = Stage.Deactivating;
                failed = [.. _waiting];
                _waiting.Clear();
            }

            foreach (var request in failed) request.Fail(exception);
            await EndAsync();
            return;
        }

        lock (_gate)
        {
            _stage = Stage.Active;
            if (_deactivationRequested) BeginDeactivation();
            else StartWaiting();
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

    private void BeginDeactivation()
    {
        _stage = Stage.Deactivating;
        _turns.Post(() => _ = DeactivateAsync());
    }

    [SuppressMessage("Design", "CA1031", Justification = "A failing OnDeactivateAsync is logged and does not keep the activation.")]
    private async Task DeactivateAsync()
    {
        try
        {
            DisposeTimers();
            await _grain!.OnDeactivateAsync(_reason, CancellationToken.None);
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
        if (_grain is IAsyncDisposable asyncDisposable) await asyncDisposable.DisposeAsync();
        else if (_grain is IDisposable disposable) disposable.Dispose();
        await _scope.DisposeAsync();

        Request[] orphans;
        lock (_gate)
        {
            _stage = Stage.Gone;
            orphans = [.. _waiting.Where(request => !request.MayBeDropped)];
            _waiting.Clear();
        }

        Catalog.Remove(this);
        _gone.SetResult();
        foreach (var request in orphans) Catalog.Send(GrainId, _class, request);
    }

    private void DisposeTimers()
    {
        GrainTimer[] timers;
        lock (_gate) timers = [.. _timers];
        foreach (var timer in timers) timer.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Activation of {GrainId} failed")]
    private static partial void LogActivationFailed(ILogger logger, Exception exception, GrainId grainId);

    [LoggerMessage(Level = LogLevel.Error, Message = "OnDeactivateAsync of {GrainId} failed")]
    private static partial void LogDeactivationFailed(ILogger logger, Exception exception, GrainId grainId);
}
