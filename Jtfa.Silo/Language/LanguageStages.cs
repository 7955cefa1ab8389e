using System.Diagnostics.CodeAnalysis;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Language.Architectures;
using Jtfa.Language.Caches;
using Jtfa.Language.Files;
using Jtfa.Language.Files.Pieces;
using Jtfa.Language.Kernels;
using Jtfa.Language.Planning;
using Jtfa.Language.Rings;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo.Language;

/// <summary>
/// The stages of language models that this silo has for starters: it loads their blocks, of files that it has or of what the starter gives
/// of its own, sends on what they compute, and closes those whose starter is silent.
/// </summary>
internal sealed partial class LanguageStages(
    IOptions<LanguageOptions> options, LanguageModels models, ModelPieces pieces, IGrainFactory grains, TimeProvider clock,
    ILogger<LanguageStages> logger)
    : BackgroundService, ILanguageStages
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, HeldStage> _stages = [];
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _isNeeded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();

    /// <inheritdoc />
    public StageStatus Open(string stage, StageOpening opening, IRingObserver starter)
    {
        if (!Enum.TryParse<CacheFormat>(opening.CacheFormat, out var format) || opening.Pages is < 1 or > 1 << 24)
            return new(ModelState.Failed, $"{opening.Pages} pages of {opening.CacheFormat} cannot be");
        lock (_gate)
        {
            if (!_stages.TryGetValue(stage, out var held) || !held.Serves(opening))
            {
                var replaced = held;
                held = new HeldStage(opening) { Load = Task.Run(() => LoadAsync(stage, replaced, opening, format)) };
                _stages[stage] = held;
            }

            held.Heard = clock.GetTimestamp();
            held.LatestEpoch = Math.Max(held.LatestEpoch, opening.Epoch);
            if (held.Loaded is { } loaded && opening.Epoch > loaded.Progress.Epoch)
            {
                held.Metrics ??= new(stage.Split('/')[0], opening.First, opening.Count, loaded.Bytes);
                Begin(loaded, stage, opening, starter);
            }

            _isNeeded.TrySetResult();
            return held.Status;
        }
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
            if (held.Loaded is { } loaded) held.Metrics?.Count(loaded.Work);
            return held.Status;
        }
    }

    /// <inheritdoc />
    public void Close(string stage) => _ = CloseAsync(stage);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await _isNeeded.Task.WaitAsync(stoppingToken); // most silos never have a stage
            using var timer = new PeriodicTimer(s_look, clock);
            while (await timer.WaitForNextTickAsync(stoppingToken))
                foreach (var stage in Named(held => clock.GetElapsedTime(held.Heard) > s_lease)) Close(stage);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The silo stops.
        }
        finally
        {
            await _stopping.CancelAsync(); // whatever is fetched
            await Task.WhenAll(Named(_ => true).Select(CloseAsync));
        }
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        _stopping.Dispose();
        base.Dispose();
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
        string stage, HeldStage? replaced, StageOpening opening, CacheFormat format)
    {
        if (replaced is not null) await FreeAsync(stage, replaced);
        var began = clock.GetTimestamp();
        var path = await PathOfAsync(stage, opening);
        var expected = BytesOf(path, opening, format);
        var workers = await ReserveAsync(stage, opening.Epoch, expected);
        try
        {
            var loaded = RingStage.Load(path, workers, opening.First, opening.Count, format, opening.Pages);
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

    // The silo's own file, or what the starter's silo and others give of the starter's.
    private async Task<string> PathOfAsync(string stage, StageOpening opening)
    {
        var (model, starter) = stage.Split('/') is [var name, var silo, ..] ? (name, silo) : (stage, "");
        var path = await pieces.PathOfAsync(model, starter, new ModelPart(opening.First, opening.Count, Starts: false), _stopping.Token);
        if (options.Value.Models.Exists(known => known.Name == model && known.File == path) && FileSample.Of(path) != opening.File)
            throw new ModelFileException(path, "it is another model than the starter's: copy the starter's file");
        return path;
    }

    // Where the ring had other stages here before, they may still be in memory; nothing needs them any more.
    private async Task<Workers> ReserveAsync(string stage, int epoch, long bytes)
    {
        try
        {
            return await models.ReserveAsync(bytes);
        }
        catch (ModelMemoryException)
        {
            var ring = string.Join('/', stage.Split('/').Take(2)) + "/";
            List<string> old;
            lock (_gate)
            {
                old = [.. _stages.Where(
                    other => other.Key.StartsWith(ring, StringComparison.Ordinal) && other.Key != stage && other.Value.LatestEpoch < epoch)
                    .Select(other => other.Key)];
            }

            if (old.Count == 0) throw;
            await Task.WhenAll(old.Select(CloseAsync));
            return await models.ReserveAsync(bytes);
        }
    }

    private async Task FreeAsync(string stage, HeldStage held)
    {
        await ((Task)held.Load).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!held.Load.IsCompletedSuccessfully) return;
        var (loaded, reserved) = await held.Load;
        await Task.Run(loaded.Dispose);
        lock (_gate)
        {
            held.Metrics?.Count(loaded.Work);
            held.Metrics?.End();
        }

        models.Unreserve(reserved);
        LogClosed(stage);
    }

    // Its part of the file, and its pages.
    private static long BytesOf(string path, StageOpening opening, CacheFormat format)
    {
        using var file = GgufFile.Open(path);
        var cost = ModelCost.Of(file, Architecture.Of(file), format);
        if (opening.First < 0 || opening.Count < 1 || (long)opening.First + opening.Count > cost.Blocks)
        {
            throw new ModelFileException(
                path, $"it has the blocks 0 … {cost.Blocks - 1}, and {opening.Count} from {opening.First} on are wanted");
        }

        return cost.BlockBytes.Skip(opening.First).Take(opening.Count).Sum() + ((long)opening.Count * opening.Pages * cost.PageBytes);
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
