using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Language.Files;
using Jtfa.Language.Kernels;
using Jtfa.Language.Planning;
using Jtfa.Language.Serving;
using Jtfa.Language.Tokenizers.Templates;
using Jtfa.Silo.Decisions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo.Language;

/// <summary>
/// The language models of this silo. It loads them, off the start path, one after the other; unloads those that idle; and never has more in
/// memory than it may. All compute with the same threads, in turns. A silo without models has nothing of it but this object.
/// </summary>
internal sealed partial class LanguageModels(
    IOptions<LanguageOptions> options, AdoNetDecisionLog log, KeptTexts kept, ILocalSiloDetails silo, Func<ModelOptions, IRingPlan?> plans,
    Func<ModelOptions, IRingPlan, ModelRing> rings, TimeProvider clock, ILogger<LanguageModels> logger)
    : IHostedService, ILanguageModels, IDisposable
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_forgetting = TimeSpan.FromMinutes(1);

    // What a kept text has beyond its time, in which its silo says anew that it is kept.
    private static readonly TimeSpan s_grace = TimeSpan.FromMinutes(1);

    private readonly LanguageOptions _options = options.Value;
    private readonly Dictionary<string, ConfiguredModel> _models =
        options.Value.Models.Where(model => model.IsStartedBy(silo.Name)).ToDictionary(model => model.Name, model => new ConfiguredModel(
            model, plans(model), new ModelTraffic(model.Name, silo.Name, clock, log.Append)));
    private readonly Lock _gate = new();
    private readonly List<Task> _recordings = [];
    private readonly SemaphoreSlim _loading = new(1);
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private Workers? _workers; // made with the first model
    private Task _watching = Task.CompletedTask;
    private Task _planning = Task.CompletedTask;
    private long _reserved; // by stages

    /// <summary>The names of this silo's models, in the order of configuration.</summary>
    public IEnumerable<string> Names => _options.Models.Select(model => model.Name);

    private string Known => _models.Count == 0
        ? $"this silo has none ({LanguageOptions.Section}:Models)"
        : $"known are {string.Join(", ", Names)} ({LanguageOptions.Section}:Models)";

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (_models.Count == 0)
        {
            if (_options.IsRole) LogNone();
            return Task.CompletedTask;
        }

        LogServes(string.Join(", ", Names), _options.ChosenThreads, _options.ChosenBytes >> 20);
        _running = Task.Run(() => RunAsync(_stopping.Token), CancellationToken.None);
        _watching = Task.Run(() => WatchAsync(_stopping.Token), CancellationToken.None);
        if (_models.Values.Any(model => model.Plan is AutoPlan))
            _planning = Task.Run(() => PlanAsync(_stopping.Token), CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_models.Count == 0) return;
        await _stopping.CancelAsync();
        await _running;
        await _watching;
        await _planning;
        foreach (var name in _models.Keys) await UnloadAsync(name, CancellationToken.None);
        Task[] recordings;
        lock (_gate) recordings = [.. _recordings];
        await Task.WhenAll(recordings);
        foreach (var model in _models.Values) model.Traffic.End();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var model in _models.Values) model.Places.Dispose();
        _loading.Dispose();
        _stopping.Dispose();
        _workers?.Dispose();
    }

    /// <summary>The last seconds of a model of the configuration, behind a time, oldest first.</summary>
    /// <param name="model">Its name.</param>
    /// <param name="time">Seconds since 1970.</param>
    public ModelSecond[] SecondsOf(string model, double time) => _models[model].Traffic.SecondsAfter(time);

    /// <summary>The ring of a model of the configuration; null where it is not loaded, or all of it is here.</summary>
    /// <param name="model">Its name.</param>
    public RingStatus? RingOf(string model)
    {
        LoadedModel? loaded;
        lock (_gate) loaded = _models[model].Loaded;
        if (loaded is not WritingModel { Ring: { } ring } writing) return null;
        var last = _models[model].Traffic.Last;
        var starter = new RingStageStatus(
            silo.Name, 0, writing.OwnBlocks, last?.Load ?? double.NaN, last?.Steps ?? double.NaN, 0, loaded.Bytes);
        return ring with { Stages = [starter, .. ring.Stages] };
    }

    /// <inheritdoc />
    public ModelStatus? StatusOf(string model)
    {
        if (!_models.TryGetValue(model, out var configured)) return null;
        lock (_gate) return configured.Status with { Threads = _options.ChosenThreads, MostBytes = _options.ChosenBytes };
    }

    /// <inheritdoc />
    public PlanInForce? PlanOf(string model)
    {
        if (!_models.TryGetValue(model, out var configured)) return null;
        LoadedModel? loaded;
        lock (_gate) loaded = configured.Loaded;
        if (loaded is null or EmbeddingModel) return null;
        var stages = loaded.StagesFrom(silo.Name);
        return new()
        {
            Plan = stages.Count == 0 ? null : new()
            {
                Model = model,
                Stages = [.. stages.Select(stage => new StagePlan { Silo = stage.Silo, First = stage.First, Count = stage.Count })],
            },
            IsAuto = configured.Plan is AutoPlan,
            Fault = loaded.Fault,
        };
    }

    /// <inheritdoc />
    public async Task LoadAsync(string model, CancellationToken cancellationToken) =>
        await WithAsync(model, _ => 0, _ => 0, cancellationToken);

    /// <inheritdoc />
    public async Task UnloadAsync(string model, CancellationToken cancellationToken)
    {
        if (!_models.TryGetValue(model, out var configured)) return;
        Task<LoadedModel>? load;
        lock (_gate) (load, configured.Load, configured.Fault) = (configured.Load, null, null);
        if (load is null) return;
        await ((Task)load).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!load.IsCompletedSuccessfully) return;
        await Task.Run((await load).Dispose, CancellationToken.None);
        LogUnloaded(model);
    }

    /// <inheritdoc />
    public async Task<(TextStart Start, ServedText? Text)> SubmitAsync(
        string id, TextRequest request, CancellationToken cancellationToken)
    {
        var (start, text) = await WithAsync<(TextStart, ServedText?)>(
            request.Model, loaded => loaded.Submit(request), refused => (refused, null), cancellationToken);
        if (start.Answer == TextAnswer.Busy) _models[request.Model].Traffic.CountBusy();
        if (text is null) return (start, null);
        if (request.Keep > TimeSpan.Zero && await WhyNotKeptAsync(id, text) is { } refusal)
        {
            text.Cancel();
            return (refusal, null);
        }

        Record(id, text);
        return (start, text);
    }

    /// <inheritdoc />
    public async Task<(TextStart Start, TimeSpan Keep, ServedText? Text)?> ResumeAsync(string id, CancellationToken cancellationToken)
    {
        var (model, name) = Parts(id);
        KeptText? found;
        try
        {
            found = await kept.FindAsync(name, model).WaitAsync(cancellationToken);
        }
        catch (DecisionLogException away)
        {
            return (new() { Answer = TextAnswer.Unavailable, Fault = $"Kept texts cannot be read: {away.Message}" }, TimeSpan.Zero, null);
        }

        if (found is null) return null;
        var (start, text) = await WithAsync<(TextStart, ServedText?)>(
            model, loaded => loaded.Submit(found.Request), refused => (refused, null), cancellationToken);
        if (text is not null)
        {
            LogResumed(id);
            Record(id, text);
            await KeepAsync(id, found.Request.Keep);
        }

        return (start, found.Request.Keep, text);
    }

    /// <inheritdoc />
    public Task KeepAsync(string id, TimeSpan time)
    {
        var (model, name) = Parts(id);
        return TellAsync(id, () => kept.ExtendAsync(name, model, clock.GetUtcNow() + time + s_grace));
    }

    /// <inheritdoc />
    public Task ForgetAsync(string id)
    {
        var (model, name) = Parts(id);
        return TellAsync(id, () => kept.RemoveAsync(name, model));
    }

    /// <inheritdoc />
    public Task<Tokenized> TokenizeAsync(
        string model, string text, bool addSpecial, bool parseSpecial, CancellationToken cancellationToken) => WithAsync(
            model, loaded => loaded.Tokenize(text, addSpecial, parseSpecial), start => new Tokenized(start, [], []), cancellationToken);

    /// <inheritdoc />
    public Task<Detokenized> DetokenizeAsync(string model, int[] tokens, CancellationToken cancellationToken) =>
        WithAsync(model, loaded => loaded.Detokenize(tokens), start => new Detokenized(start, ""), cancellationToken);

    /// <inheritdoc />
    public Task<Embedded> EmbedAsync(string model, string[] texts, CancellationToken cancellationToken) =>
        WithAsync(model, loaded => loaded.Embed(texts), start => new Embedded(start, [], 0), cancellationToken);

    // Uses a model on a thread of the pool, once it is loaded.
    private async Task<T> WithAsync<T>(string model, Func<LoadedModel, T> use, Func<TextStart, T> refuse, CancellationToken stop)
    {
        if (!_models.TryGetValue(model, out var configured))
        {
            return refuse(new()
            {
                Answer = TextAnswer.UnknownModel,
                Fault = _options.Models.Find(other => other.Name == model) is { } elsewhere
                    ? $"The silo '{elsewhere.StartedBy}', which has the model '{model}' by its plan, is not there."
                    : $"There is no model '{model}': {Known}",
            });
        }

        if (_stopping.IsCancellationRequested)
            return refuse(new() { Answer = TextAnswer.Unavailable, Fault = "The silo stops: try again." });
        Task<LoadedModel> load;
        lock (_gate)
        {
            configured.Users++;
            load = configured.Load ??= Task.Run(() => LoadAsync(configured), CancellationToken.None);
        }

        try
        {
            var loaded = await load.WaitAsync(stop);
            var used = await UseAsync(configured, loaded, use, stop);
            if (loaded.IsBroken) await UnloadAsync(model, stop);
            return used;
        }
        catch (Exception fault) when (IsForeseen(fault))
        {
            return refuse(new() { Answer = TextAnswer.Unavailable, Fault = $"The model {model} is not loaded: {fault.Message}" });
        }
        finally
        {
            lock (_gate) (configured.Users, configured.Used) = (configured.Users - 1, clock.GetTimestamp());
        }
    }

    private static async Task<T> UseAsync<T>(
        ConfiguredModel model, LoadedModel loaded, Func<LoadedModel, T> use, CancellationToken stop)
    {
        await model.Places.WaitAsync(stop);
        try
        {
            return await Task.Run(() => use(loaded), stop);
        }
        finally
        {
            model.Places.Release();
        }
    }

    private static (string Model, string Name) Parts(string id)
    {
        var slash = id.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? (id, "") : (id[..slash], id[(slash + 1)..]);
    }

    // Before the text is answered for: it is made again of what stands there.
    private async Task<TextStart?> WhyNotKeptAsync(string id, ServedText text)
    {
        var now = clock.GetUtcNow();
        try
        {
            return await kept.AddAsync(new(Parts(id).Name, text.Request, now), now + text.Request.Keep + s_grace)
                ? null
                : new() { Answer = TextAnswer.Refused, Fault = $"The text {id} was asked for already." };
        }
        catch (DecisionLogException away)
        {
            return new() { Answer = TextAnswer.Unavailable, Fault = $"The text cannot be kept: {away.Message}" };
        }
    }

    private async Task TellAsync(string id, Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (DecisionLogException away)
        {
            LogNotTold(id, away.Message);
        }
    }

    private void Record(string id, ServedText text)
    {
        lock (_gate)
        {
            _recordings.RemoveAll(recording => recording.IsCompleted);
            _recordings.Add(RecordAsync(id, text));
        }
    }

    // The text's end comes whatever becomes of its reader, and never faults. One that is kept and that the silo's end cut off is not at its
    // end: its row follows when it has been made again.
    private async Task RecordAsync(string id, ServedText text)
    {
        var end = await text.Completion.ConfigureAwait(false);
        if (end.Finish == TextFinish.ShutDown && text.Request.Keep > TimeSpan.Zero) return;
        _models[text.Request.Model].Traffic.Count(end);
        log.Append(new GenerationRow(id, text.Request.Model, (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds, end));
    }

    private static bool IsForeseen(Exception fault) =>
        fault is ModelFileException or PlanException or TemplateException or IOException or UnauthorizedAccessException
            or ModelMemoryException or ArgumentException or OutOfMemoryException;

    private async Task RunAsync(CancellationToken stop)
    {
        try
        {
            foreach (var model in _models.Values.Where(model => model.Options.Preload)) await LoadAsync(model.Options.Name, stop);
            using var timer = new PeriodicTimer(s_look, clock);
            var forgot = clock.GetTimestamp();
            while (await timer.WaitForNextTickAsync(stop))
            {
                foreach (var model in _models.Values.Where(IsOverdue)) await UnloadAsync(model.Options.Name, stop);
                if (clock.GetElapsedTime(forgot) < s_forgetting) continue;
                forgot = clock.GetTimestamp();
                await TellAsync("that has expired", kept.RemoveExpiredAsync);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private async Task WatchAsync(CancellationToken stop)
    {
        try
        {
            using var timer = new PeriodicTimer(s_look, clock);
            while (await timer.WaitForNextTickAsync(stop))
            {
                foreach (var model in _models.Values)
                {
                    EngineStatistics now;
                    lock (_gate) now = model.Loaded?.Statistics ?? default;
                    model.Traffic.Look(now);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    // Plans change between texts: a model that is busy keeps its own, but for the stages that are lost, which its ring replaces.
    private async Task PlanAsync(CancellationToken stop)
    {
        try
        {
            using var timer = new PeriodicTimer(s_look, clock);
            while (await timer.WaitForNextTickAsync(stop))
                foreach (var model in _models.Values)
                    if (model.Plan is AutoPlan plan) await PlanAsync(model, plan, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private async Task PlanAsync(ConfiguredModel model, AutoPlan plan, CancellationToken stop)
    {
        LoadedModel? loaded;
        bool hasFailed;
        lock (_gate)
        {
            loaded = model.Loaded;
            hasFailed = model is { Load: null, Fault: not null, Options.Preload: true };
        }

        if (loaded is null)
        {
            if (hasFailed && plan.HasNews(_ => true)) await LoadAsync(model.Options.Name, stop); // a silo more may be enough
            return;
        }

        if (!plan.HasNews(loaded.IsUsable) || !IsIdle(model, loaded)) return;
        if (await plan.ConsiderAsync(loaded.IsUsable, stop) is not { } stages || !await plan.PrepareAsync(stages, stop)) return;
        while (!IsIdle(model, loaded)) await Task.Delay(s_look, clock, stop);
        lock (_gate)
        {
            if (model.Loaded != loaded || IsBusy(model, loaded)) return;
            if (stages[0].Count != plan.StarterBlocks) // its own blocks are others: it is loaded anew, and requests wait for that
            {
                model.Load = Task.Run(() => ReloadAsync(model, loaded), CancellationToken.None);
                return;
            }
        }

        plan.Take(stages);
        loaded.Renew("there is a better plan");
    }

    private async Task<LoadedModel> ReloadAsync(ConfiguredModel model, LoadedModel old)
    {
        await Task.Run(old.Dispose, CancellationToken.None);
        LogUnloaded(model.Options.Name);
        return await LoadAsync(model);
    }

    // For a while: whoever has read a text often asks for another.
    private bool IsIdle(ConfiguredModel model, LoadedModel loaded)
    {
        lock (_gate)
        {
            if (IsBusy(model, loaded)) model.Used = clock.GetTimestamp();
            return clock.GetElapsedTime(model.Used) >= s_idle;
        }
    }

    private bool IsOverdue(ConfiguredModel model)
    {
        lock (_gate)
        {
            if (model.Loaded is { } loaded && IsBusy(model, loaded)) model.Used = clock.GetTimestamp();
            return model.Options.Ttl > TimeSpan.Zero && model.Loaded is not null
                && clock.GetElapsedTime(model.Used) >= model.Options.Ttl;
        }
    }

    private static bool IsBusy(ConfiguredModel model, LoadedModel loaded) =>
        model.Users > 0 || loaded.Statistics is { Running: > 0 } or { Waiting: > 0 } or { Stalled: > 0 };

    // One after the other, since each must know what the others take.
    private async Task<LoadedModel> LoadAsync(ConfiguredModel model)
    {
        var began = clock.GetTimestamp();
        await _loading.WaitAsync(CancellationToken.None);
        try
        {
            if (model.Plan is AutoPlan auto) await auto.MakeAsync(_stopping.Token);
            await MakeRoomAsync(model, LoadedModel.BytesOf(model.Options, model.Plan?.StarterBlocks));
            LogLoading(model.Options.Name, model.Options.File);
            var loaded = LoadedModel.Load(model.Options, model.Plan, _workers ??= new(_options.ChosenThreads), rings, clock);
            try
            {
                await MakeRoomAsync(model, loaded.Bytes);
            }
            catch
            {
                loaded.Dispose();
                throw;
            }

            lock (_gate) model.Fault = null;
            LogLoaded(model.Options.Name, clock.GetElapsedTime(began).TotalSeconds, loaded.Bytes >> 20);
            return loaded;
        }
        catch (Exception fault) when (IsForeseen(fault))
        {
            lock (_gate) (model.Load, model.Fault) = (null, fault.Message.ReplaceLineEndings(" "));
            LogFailed(model.Options.Name, fault.Message.ReplaceLineEndings(" "));
            throw;
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>Makes room for a stage, and counts it from then on.</summary>
    /// <returns>The threads that it computes with.</returns>
    /// <exception cref="ModelMemoryException">There is no room.</exception>
    public async Task<Workers> ReserveAsync(long bytes)
    {
        await _loading.WaitAsync(CancellationToken.None);
        try
        {
            await MakeRoomAsync(null, bytes);
            lock (_gate) _reserved += bytes;
            return _workers ??= new(_options.ChosenThreads);
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>A stage is gone.</summary>
    public void Unreserve(long bytes)
    {
        lock (_gate) _reserved -= bytes;
    }

    // Unloads those that nobody uses, the one that was used longest ago first.
    private async Task MakeRoomAsync(ConfiguredModel? model, long bytes)
    {
        while (true)
        {
            string? idle;
            lock (_gate)
            {
                var others = _models.Values.Where(other => other != model && other.Loaded is not null).ToList();
                var taken = others.Sum(other => other.Loaded!.Bytes) + _reserved;
                if (taken + bytes <= _options.ChosenBytes) return;
                idle = others.Where(other => !IsBusy(other, other.Loaded!)).MinBy(other => other.Used)?.Options.Name;
                if (idle is null)
                {
                    throw new ModelMemoryException(
                        $"it takes {bytes >> 20} MiB, others in use take {taken >> 20} MiB, and all may take " +
                        $"{_options.ChosenBytes >> 20} MiB: raise {LanguageOptions.Section}:MemoryMiB, or lower the model's Pages");
                }
            }

            await UnloadAsync(idle, CancellationToken.None);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Language models {Models}: all together may take {MiB} MiB, and compute on {Threads} threads, in turns")]
    private partial void LogServes(string models, int threads, long miB);

    [LoggerMessage(
        Level = LogLevel.Information, Message = "This silo is for language models and has none yet (Jtfa:Language:Models names some)")]
    private partial void LogNone();

    [LoggerMessage(Level = LogLevel.Information, Message = "The text {Text} is made again: it is kept, and this silo did not have it")]
    private partial void LogResumed(string text);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database was not told of the kept text {Text}: {Reason}")]
    private partial void LogNotTold(string text, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Loading the language model {Model} of {File}")]
    private partial void LogLoading(string model, string file);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "The language model {Model} is loaded after {Seconds:0.0} s: {MiB} MiB")]
    private partial void LogLoaded(string model, double seconds, long miB);

    [LoggerMessage(Level = LogLevel.Information, Message = "The language model {Model} is unloaded")]
    private partial void LogUnloaded(string model);

    [LoggerMessage(Level = LogLevel.Error, Message = "The language model {Model} cannot be loaded: {Fault}")]
    private partial void LogFailed(string model, string fault);
}

/// <summary>A model finds no room.</summary>
/// <param name="message">One line.</param>
internal sealed class ModelMemoryException(string message) : Exception(message);
