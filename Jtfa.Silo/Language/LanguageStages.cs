using System.Diagnostics.CodeAnalysis;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Language.Architectures;
using Jtfa.Language.Caches;
using Jtfa.Language.Files;
using Jtfa.Language.Rings;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo.Language;

/// <summary>
/// The stages of language models that this silo has for starters: it loads their blocks of the files that it has, sends on what they
/// compute, and closes those whose starter is silent.
/// </summary>
internal sealed partial class LanguageStages(
    IOptions<LanguageOptions> options, LanguageModels models, IGrainFactory grains, TimeProvider clock, ILogger<LanguageStages> logger)
    : BackgroundService, ILanguageStages
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, HeldStage> _stages = [];
    private readonly Lock _gate = new();

    /// <inheritdoc />
    public StageStatus Open(string stage, StageOpening opening, IRingObserver starter)
    {
        var model = stage.Split('/')[0];
        if (options.Value.Models.Find(known => known.Name == model) is not { } configured)
            return new(ModelState.Failed, $"the silo has no model '{model}' ({LanguageOptions.Section}:Models)");
        if (!Enum.TryParse<CacheFormat>(opening.CacheFormat, out var format) || opening.Pages is < 1 or > 1 << 24)
            return new(ModelState.Failed, $"{opening.Pages} pages of {opening.CacheFormat} cannot be");
        HeldStage? replaced = null;
        StageStatus status;
        lock (_gate)
        {
            if (!_stages.TryGetValue(stage, out var held) || !held.Serves(opening))
            {
                (replaced, held) = (held, new HeldStage(opening) { Load = Task.Run(() => LoadAsync(stage, configured, opening, format)) });
                _stages[stage] = held;
            }

            held.Heard = clock.GetTimestamp();
            if (held.Loaded is { } loaded && opening.Epoch > loaded.Progress.Epoch) Begin(loaded, stage, opening, starter);
            status = held.Status;
        }

        if (replaced is not null) _ = FreeAsync(stage, replaced);
        return status;
    }

    /// <inheritdoc />
    public void Take(string stage, byte[] batch)
    {
        RingStage? loaded;
        lock (_gate) loaded = _stages.GetValueOrDefault(stage)?.Loaded;
        loaded?.Take(batch);
    }

    /// <inheritdoc />
    public StageStatus? StatusOf(string stage)
    {
        lock (_gate)
        {
            if (!_stages.TryGetValue(stage, out var held)) return null;
            held.Heard = clock.GetTimestamp();
            return held.Status;
        }
    }

    /// <inheritdoc />
    public void Close(string stage) => _ = CloseAsync(stage);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.Models.Count == 0) return;
        using var timer = new PeriodicTimer(s_look, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                foreach (var stage in Named(held => clock.GetElapsedTime(held.Heard) > s_lease)) Close(stage);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The silo stops.
        }
        finally
        {
            await Task.WhenAll(Named(_ => true).Select(CloseAsync));
        }
    }

    private Task CloseAsync(string stage)
    {
        HeldStage? held;
        lock (_gate) _stages.Remove(stage, out held);
        return held is null ? Task.CompletedTask : FreeAsync(stage, held);
    }

    private List<string> Named(Func<HeldStage, bool> which)
    {
        lock (_gate) return [.. _stages.Where(stage => which(stage.Value)).Select(stage => stage.Key)];
    }

    private void Begin(RingStage loaded, string stage, StageOpening opening, IRingObserver starter)
    {
        var next = opening.Next is { } key ? grains.GetGrain<IStageGrain>(key) : null;
        loaded.Begin(
            opening.Epoch, next is null,
            message => _ = SendAsync(stage, next is null ? () => starter.ReturnAsync(message) : () => next.PassAsync(message)),
            fault => _ = SendAsync(stage, () => starter.LoseAsync(opening.Epoch, $"{stage}: {fault}")));
    }

    // One-way: what cannot be sent is missed by the starter, which asks each stage how far it is.
    [SuppressMessage("Design", "CA1031", Justification = "The starter misses the message, and begins another epoch.")]
    private async Task SendAsync(string stage, Func<Task> send)
    {
        try
        {
            await send();
        }
        catch (Exception fault)
        {
            LogUnsent(stage, fault.Message);
        }
    }

    private async Task<(RingStage Stage, long Reserved)> LoadAsync(
        string stage, ModelOptions model, StageOpening opening, CacheFormat format)
    {
        var began = clock.GetTimestamp();
        if (FileSample.Of(model.File) != opening.File)
            throw new ModelFileException(model.File, "it is another model than the starter's: copy the starter's file");
        var expected = BytesOf(model.File, opening, format);
        var workers = await models.ReserveAsync(expected);
        try
        {
            var loaded = RingStage.Load(model.File, workers, opening.First, opening.Count, format, opening.Pages);
            LogLoaded(
                stage, opening.First, opening.First + opening.Count - 1, clock.GetElapsedTime(began).TotalSeconds, loaded.Bytes >> 20);
            return (loaded, expected);
        }
        catch (Exception fault)
        {
            models.Unreserve(expected);
            LogFailed(stage, fault.Message.ReplaceLineEndings(" "));
            throw;
        }
    }

    private async Task FreeAsync(string stage, HeldStage held)
    {
        await ((Task)held.Load).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!held.Load.IsCompletedSuccessfully) return;
        var (loaded, reserved) = await held.Load;
        await Task.Run(loaded.Dispose);
        models.Unreserve(reserved);
        LogClosed(stage);
    }

    // Its part of the file, and its pages.
    private static long BytesOf(string path, StageOpening opening, CacheFormat format)
    {
        using var file = GgufFile.Open(path);
        var sizes = Hyperparameters.Of(file, Architecture.Of(file));
        var shape = new CacheShape(opening.Count, sizes.KeyValueHeads, sizes.KeyLength, sizes.ValueLength);
        return (new FileInfo(path).Length / sizes.Blocks * opening.Count) + (opening.Pages * PagePool.PageBytesOf(shape, format));
    }

    [LoggerMessage(
        Level = LogLevel.Information, Message = "The stage {Stage} is loaded after {Seconds:0.0} s: blocks {First} … {Last}, {MiB} MiB")]
    private partial void LogLoaded(string stage, int first, int last, double seconds, long miB);

    [LoggerMessage(Level = LogLevel.Error, Message = "The stage {Stage} cannot be loaded: {Fault}")]
    private partial void LogFailed(string stage, string fault);

    [LoggerMessage(Level = LogLevel.Information, Message = "The stage {Stage} is closed")]
    private partial void LogClosed(string stage);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The stage {Stage} could not send what it computed: {Reason}")]
    private partial void LogUnsent(string stage, string reason);
}
