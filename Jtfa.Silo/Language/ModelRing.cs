using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Jtfa.Interfaces;
using Jtfa.Language.Files;
using Jtfa.Language.Rings;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Language;

/// <summary>
/// The stages of a model whose starter is on this silo: brings them up where its plan says, watches them, and brings them up again, here or
/// elsewhere, when one is lost. From whichever thread.
/// </summary>
internal sealed partial class ModelRing : IRing, IRingObserver, IDisposable
{
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_openingPoll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3); // a link of 10 Mbit/s takes a second for a chunk of a prompt
    private static readonly TimeSpan s_suspicion = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_refusal = TimeSpan.FromMinutes(2); // of a silo that cannot load its blocks
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(3);
    private static readonly DateTimeOffset s_firstEpoch = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ModelOptions _model;
    private readonly IRingPlan _plan;
    private readonly IGrainFactory _grains;
    private readonly LanguageSilos _silos;
    private readonly TimeProvider _clock;
    private readonly ILogger<ModelRing> _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<byte[]> _returned = new();
    private readonly Dictionary<string, (long Since, TimeSpan For)> _suspects = [];
    private readonly Lock _gate = new();
    private Action _wake = () => { };
    private RingEpoch? _epoch;
    private int _lastEpoch;
    private string? _fault = "the stages are being loaded";
    private RingStageStatus[] _shown = [];
    private readonly List<RingEvent> _events = [];

    public ModelRing(
        ModelOptions model, IRingPlan plan, IGrainFactory grains, LanguageSilos silos, TimeProvider clock, ILogger<ModelRing> logger)
    {
        (_model, _plan, _grains, _silos, _clock, _logger) = (model, plan, grains, silos, clock, logger);

        // A starter that comes back has later epochs than before.
        _lastEpoch = (int)Math.Clamp((clock.GetUtcNow() - s_firstEpoch).TotalSeconds, 0, int.MaxValue / 2);
    }

    /// <inheritdoc />
    public int Stages
    {
        get
        {
            lock (_gate) return 1 + (_epoch?.Stages.Count ?? 1);
        }
    }

    /// <inheritdoc />
    public StateFormat Format => _model.Wire;

    /// <inheritdoc />
    public int? Epoch
    {
        get
        {
            lock (_gate) return _epoch?.Number;
        }
    }

    /// <summary>Why texts wait; null: all stages are there.</summary>
    public string? Fault
    {
        get
        {
            lock (_gate) return _fault;
        }
    }

    /// <summary>Blocks that the starter computes itself.</summary>
    public int StarterBlocks => _plan.StarterBlocks;

    /// <summary>The stages after the starter's blocks, in order; empty while one is missing.</summary>
    public IReadOnlyList<StageOptions> Placed
    {
        get
        {
            lock (_gate) return [.. _epoch?.Stages.Select(stage => stage.Stage.Placed) ?? []];
        }
    }

    /// <summary>The stages after the starter's blocks, and what happened to them.</summary>
    public RingStatus Status
    {
        get
        {
            lock (_gate)
                return new() { Epoch = _epoch?.Number, Fault = _fault, IsAuto = _plan is AutoPlan, Stages = _shown, Events = [.. _events] };
        }
    }

    /// <summary>Whether a silo is there and has not failed as a stage of late.</summary>
    public bool IsUsable(string silo)
    {
        lock (_gate)
        {
            var isSuspect = _suspects.TryGetValue(silo, out var suspect) && _clock.GetElapsedTime(suspect.Since) < suspect.For;
            return _silos.IsThere(silo) && !isSuspect;
        }
    }

    /// <summary>Brings the stages up anew, as after the plan has changed.</summary>
    public void Renew(string why)
    {
        lock (_gate) _epoch?.Lost.TrySetResult(why);
    }

    /// <inheritdoc />
    public void Start(Action wake)
    {
        _wake = wake;
        _ = Task.Run(() => RunAsync(_stopping.Token));
    }

    /// <inheritdoc />
    public void Send(int epoch, long number, byte[] batch)
    {
        IStageGrain first;
        lock (_gate)
        {
            if (_epoch is not { } now || now.Number != epoch) return;
            (now.Sent, now.LastSent) = (number, _clock.GetTimestamp());
            first = now.Stages[0].Grain;
        }

        _ = SendAsync(() => first.PassAsync(batch), fault => Lose(epoch, fault));
    }

    /// <inheritdoc />
    public bool TryTake(out byte[] states) => _returned.TryDequeue(out states!);

    /// <inheritdoc />
    public void Lose(int epoch, string fault)
    {
        lock (_gate)
        {
            if (_epoch is { } now && now.Number == epoch) now.Lost.TrySetResult(fault);
        }
    }

    /// <inheritdoc />
    public Task ReturnAsync(byte[] states)
    {
        if (!ReturnedStates.TryPeek(states, out var epoch, out _)) return Task.CompletedTask;
        lock (_gate)
        {
            if (_epoch is not { } now || now.Number != epoch) return Task.CompletedTask;
            now.Returned++;
        }

        _returned.Enqueue(states);
        _wake();
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task LoseAsync(int epoch, string fault)
    {
        Lose(epoch, fault);
        return Task.CompletedTask;
    }

    /// <summary>Closes the stages.</summary>
    public void Dispose() => _stopping.Cancel();

    private async Task RunAsync(CancellationToken stop)
    {
        var self = _grains.CreateObjectReference<IRingObserver>(this);
        List<RingMember> stages = [];
        try
        {
            var sample = FileSample.Of(_model.File);
            while (true)
            {
                var (placed, missing) = _plan.Place(IsUsable);
                var before = stages;
                stages = Members(placed ?? []);
                foreach (var stage in before.Where(old => stages.TrueForAll(stage => stage.Key != old.Key)))
                    _ = SendAsync(stage.Grain.CloseAsync, _ => { });
                var fault = missing ?? await RunEpochAsync(stages, self, sample, stop);
                lock (_gate) (_epoch, _fault) = (null, fault);
                _wake();
                await Task.Delay(s_openingPoll, _clock, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The model is unloaded.
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            lock (_gate) _fault = fault.Message;
        }
        finally
        {
            lock (_gate) _epoch = null;
            foreach (var stage in stages) _ = SendAsync(stage.Grain.CloseAsync, _ => { });
            _grains.DeleteObjectReference<IRingObserver>(self);
            _stopping.Dispose();
        }
    }

    // Brings the stages up and waits until one is lost. Returns why.
    private async Task<string> RunEpochAsync(List<RingMember> stages, IRingObserver self, string sample, CancellationToken stop)
    {
        var epoch = new RingEpoch(++_lastEpoch, stages);
        var began = _clock.GetTimestamp();
        if (await OpenAsync(epoch, self, sample, stop) is { } missing) return missing;
        lock (_gate)
        {
            (_epoch, _fault) = (epoch, null);
            _shown = [.. stages.Select(stage => Shown(stage.Stage, double.NaN, double.NaN, 0, 0))];
            Tell(RingEventKind.Whole, string.Join(", ", stages));
        }

        LogWhole(_model.Name, epoch.Number, string.Join(", ", stages), _clock.GetElapsedTime(began).TotalSeconds);
        _wake();
        var fault = await WatchAsync(epoch, stop);
        lock (_gate) Tell(RingEventKind.Lost, fault);
        LogLost(_model.Name, epoch.Number, fault);
        return fault;
    }

    // Null: all are there.
    private async Task<string?> OpenAsync(RingEpoch epoch, IRingObserver self, string sample, CancellationToken stop)
    {
        while (true)
        {
            var answers = await Task.WhenAll(epoch.Stages.Select((stage, i) => AskAsync(
                stage, stage.Grain.OpenAsync(
                    new StageOpening(
                        epoch.Number, stage.Stage.Planned.First, stage.Stage.Planned.Count, _model.Pages, $"{_model.CacheFormat}", sample,
                        i + 1 < epoch.Stages.Count ? epoch.Stages[i + 1].Key : null),
                    self)!, stop)));
            for (var i = 0; i < answers.Length; i++)
            {
                if (answers[i] is { State: not ModelState.Failed }) continue;
                Suspect(epoch.Stages[i].Silo, answers[i] is null ? s_suspicion : s_refusal);
                return $"the stage of blocks {epoch.Stages[i]} is missing: {answers[i]?.Fault ?? "the silo does not answer"}";
            }

            if (answers.All(answer => answer!.Epoch == epoch.Number)) return null;
            if (answers.Max(answer => answer!.Epoch) is var latest && latest > epoch.Number)
            {
                _lastEpoch = latest;
                return $"a stage is in the epoch {latest} already";
            }

            await Task.Delay(s_openingPoll, _clock, stop);
        }
    }

    private async Task<string> WatchAsync(RingEpoch epoch, CancellationToken stop)
    {
        var earlier = new Queue<long[]>();
        var (before, lookedAt) = (Array.Empty<StageStatus>(), _clock.GetTimestamp());
        while (true)
        {
            var isLost = await Task.WhenAny(epoch.Lost.Task, Task.Delay(s_poll, _clock, stop)) == epoch.Lost.Task;
            stop.ThrowIfCancellationRequested();
            if (isLost) return await epoch.Lost.Task;
            if (MayImprove(epoch)) return "the silos of the plan are there again";
            var answers = await Task.WhenAll(epoch.Stages.Select(stage => AskAsync(stage, stage.Grain.GetStatusAsync(), stop)));
            for (var i = 0; i < answers.Length; i++)
            {
                if (answers[i]?.Epoch == epoch.Number) continue;
                if (answers[i] is null || !_silos.IsThere(epoch.Stages[i].Silo)) Suspect(epoch.Stages[i].Silo, s_suspicion);
                return $"the stage of blocks {epoch.Stages[i]} is lost";
            }

            Show(epoch, answers!, before, _clock.GetElapsedTime(lookedAt).TotalSeconds);
            (before, lookedAt) = (answers!, _clock.GetTimestamp());
            if (MissingLink(epoch, answers!, earlier) is { } place)
                return $"a batch was lost on its way to {(place < answers.Length ? $"blocks {epoch.Stages[place]}" : "the starter")}";
        }
    }

    private static RingStageStatus Shown(PlacedStage stage, double load, double batches, long waiting, long bytes) =>
        new(stage.Silo, stage.Planned.First, stage.Planned.Count, load, batches, waiting, bytes);

    private void Show(RingEpoch epoch, StageStatus[] answers, StageStatus[] before, double seconds)
    {
        var shown = epoch.Stages.Select((stage, i) =>
        {
            var (now, then) = (answers[i], i < before.Length ? before[i] : null);
            return Shown(
                stage.Stage, then is null ? double.NaN : Math.Clamp((now.WorkSeconds - then.WorkSeconds) / seconds, 0, 1),
                then is null ? double.NaN : (now.Batches - then.Batches) / seconds, now.Received - now.Done, now.Bytes);
        });
        RingStageStatus[] all = [.. shown];
        lock (_gate) _shown = all;
    }

    private void Tell(RingEventKind kind, string text)
    {
        _events.Add(new((_clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds, kind, text));
        if (_events.Count > RingStatus.MostEvents) _events.RemoveAt(0);
    }

    // A batch that one stage has sent for some time, and the next has not received. How long stages compute plays no part.
    private int? MissingLink(RingEpoch epoch, StageStatus[] answers, Queue<long[]> earlier)
    {
        long sent, returned;
        lock (_gate) (sent, returned) = (epoch.Sent, epoch.Returned);
        long[] received = [.. answers.Select(answer => answer.Received), returned];
        earlier.Enqueue([sent, .. answers.Select(answer => answer.Done)]);
        if (earlier.Count <= s_patience / s_poll) return null;
        var before = earlier.Dequeue();
        for (var link = 0; link < received.Length; link++)
            if (received[link] < before[link]) return link;
        return null;
    }

    [SuppressMessage("Design", "CA1031", Justification = "A stage that cannot be asked, for whatever reason, is not there.")]
    private async Task<StageStatus?> AskAsync(RingMember stage, Task<StageStatus?> answer, CancellationToken stop)
    {
        try
        {
            return await answer.WaitAsync(s_patience, _clock, stop) ?? new(ModelState.Unloaded);
        }
        catch (Exception fault) when (!stop.IsCancellationRequested)
        {
            LogSilent(_model.Name, stage.Key, fault.Message);
            return null;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever kept a message from a stage is told.")]
    private static async Task SendAsync(Func<Task> send, Action<string> fail)
    {
        try
        {
            await send();
        }
        catch (Exception fault)
        {
            fail(fault.Message);
        }
    }

    private void Suspect(string silo, TimeSpan time)
    {
        lock (_gate) _suspects[silo] = (_clock.GetTimestamp(), time);
    }

    // Whether stages are worse placed than they need be, and no text is computed.
    private bool MayImprove(RingEpoch epoch)
    {
        lock (_gate)
        {
            if (epoch.Sent != epoch.Returned || _clock.GetElapsedTime(epoch.LastSent) < s_idle) return false;
        }

        return _plan.IsWorse([.. epoch.Stages.Select(stage => stage.Stage)], IsUsable);
    }

    private List<RingMember> Members(IReadOnlyList<PlacedStage> stages) =>
    [
        .. stages.Select((stage, i) => (Stage: stage, Key: $"{_model.Name}/{_silos.Own}/{i + 1}/{stage.Silo}"))
            .Select(member => new RingMember(member.Stage, member.Key, _grains.GetGrain<IStageGrain>(member.Key))),
    ];

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "The language model {Model} has all its stages after {Seconds:0.0} s: {Stages} (epoch {Epoch})")]
    private partial void LogWhole(string model, int epoch, string stages, double seconds);

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "The language model {Model} computes its texts anew after the epoch {Epoch}: {Fault}")]
    private partial void LogLost(string model, int epoch, string fault);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The language model {Model} has no answer of its stage {Stage}: {Reason}")]
    private partial void LogSilent(string model, string stage, string reason);

    /// <summary>A stage in an epoch.</summary>
    private sealed record RingMember(PlacedStage Stage, string Key, IStageGrain Grain)
    {
        public string Silo => Stage.Silo;

        public override string ToString() => $"{Stage}";
    }

    /// <summary>What is known of an epoch; guarded by the ring.</summary>
    private sealed class RingEpoch(int number, List<RingMember> stages)
    {
        public int Number { get; } = number;

        public List<RingMember> Stages { get; } = stages;

        public TaskCompletionSource<string> Lost { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long Sent { get; set; }

        public long LastSent { get; set; }

        public long Returned { get; set; }
    }
}
