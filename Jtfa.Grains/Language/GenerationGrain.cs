using System.Runtime.CompilerServices;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;
using Orleans.GrainDirectory;

namespace Jtfa.Grains;

/// <summary>
/// One text: hands it to its reader, and gives it up when the reader has gone without a word. One that is kept it makes again where it does
/// not have it, as after the death of the silo that it was on.
/// </summary>
[ModelPlacement]
[GrainDirectory(JtfaNames.Texts)]
public sealed partial class GenerationGrain(ILanguageModels models, TimeProvider clock, ILogger<GenerationGrain> logger)
    : Grain, IGenerationGrain
{
    private static readonly TimeSpan s_longestKeep = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_watch = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_keeping = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_inMemory = TimeSpan.FromMinutes(5);
    private static readonly TextEnd s_none = new()
    {
        Finish = TextFinish.Failed,
        Fault = "There is no such text: it was never begun, or is over.",
    };

    private ServedText? _text;
    private Task<TextEnd?>? _resuming;
    private TimeSpan _keep;
    private bool _isStarted;
    private bool _isOver;
    private int _readers;
    private long _renewed;
    private long _kept;
    private long? _ended;

    private string Id => this.GetPrimaryKeyString();

    // The timer keeps the activation and is also what ends it: a reader's enumerator is disposed of, or renewed, by a call that may come
    // after the text is over, and would make an activation again that nothing ends for as long as Orleans collects none.
    /// <inheritdoc />
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        this.RegisterGrainTimer(WatchAsync, new GrainTimerCreationOptions(s_watch, s_watch) { KeepAlive = true, Interleave = true });
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public async Task<TextStart> StartAsync(TextRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var key = Id;
        if (!key.StartsWith($"{request.Model}/", StringComparison.Ordinal))
            return new() { Answer = TextAnswer.Refused, Fault = $"The text {key} is not of the model {request.Model}." };
        if (_isStarted || _resuming is not null)
            return new() { Answer = TextAnswer.Refused, Fault = $"The text {key} was asked for already." };
        if (request.Keep < TimeSpan.Zero || request.Keep > s_longestKeep)
            return new() { Answer = TextAnswer.Refused, Fault = $"Keep={request.Keep}: allowed is 0 … {s_longestKeep}" };
        (_isStarted, _keep) = (true, request.Keep);
        var (start, text) = await models.SubmitAsync(key, request, cancellationToken);
        if (text is null)
        {
            DeactivateOnIdle();
            return start;
        }

        Hold(text);
        return start;
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<TextPiece> ReadAsync(int from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        if (await WhyThereIsNoneAsync() is { } end)
        {
            yield return new() { End = end };
            yield break;
        }

        var text = _text!;

        _readers++;
        try
        {
            for (; await text.GetAsync(from, cancellationToken) is { } piece; from++)
            {
                _renewed = clock.GetTimestamp();
                yield return piece;
            }
        }
        finally
        {
            _readers--;
            if (_keep == TimeSpan.Zero) End();
        }
    }

    /// <inheritdoc />
    public Task<bool> RenewAsync()
    {
        _renewed = clock.GetTimestamp();
        return Task.FromResult(!_isOver && (_text is not null || _isStarted || _resuming is not null));
    }

    /// <inheritdoc />
    public async Task CancelAsync()
    {
        _text?.Cancel();
        var isKept = _keep > TimeSpan.Zero || !_isStarted;
        _keep = TimeSpan.Zero;
        if (isKept) await models.ForgetAsync(Id);
        if (_readers == 0) End(); // else its reader reads how it ended
    }

    /// <inheritdoc />
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _text?.Cancel();
        return Task.CompletedTask;
    }

    // Null where there is a text, which may have been made again for it.
    private async Task<TextEnd?> WhyThereIsNoneAsync()
    {
        // A stop or an unloading cut it off: what is kept goes on.
        if (_keep > TimeSpan.Zero && _text is { Completion: { IsCompletedSuccessfully: true, Result.Finish: TextFinish.ShutDown } })
        {
            (_text, _isStarted) = (null, false);
        }

        if (_isOver) return s_none;
        if (_text is not null) return null;
        try
        {
            return await (_resuming ??= ResumeAsync());
        }
        finally
        {
            _resuming = null;
            if (!_isStarted) DeactivateOnIdle();
        }
    }

    // Not by the token of a reader: others may wait for the same.
    private async Task<TextEnd?> ResumeAsync()
    {
        if (_isStarted || await models.ResumeAsync(Id, CancellationToken.None) is not (var start, var keep, var text))
            return s_none;
        if (text is null) return new() { Finish = TextFinish.ShutDown, Fault = start.Fault };
        (_isStarted, _keep) = (true, keep);
        Hold(text);
        return null;
    }

    private void Hold(ServedText text)
    {
        (_text, _ended) = (text, null);
        _renewed = _kept = clock.GetTimestamp();
    }

    // A reader that has gone is not told from one that reads slowly by what it reads, but by what it says.
    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        if (_isOver || (!_isStarted && _resuming is null))
        {
            DeactivateOnIdle();
            return;
        }

        if (_text is not { } text) return;
        if (text.Completion.IsCompleted) _ended ??= clock.GetTimestamp();
        var isAlone = clock.GetElapsedTime(_renewed) >= GenerationReading.Lease;
        if (_keep == TimeSpan.Zero)
        {
            if (!isAlone) return;
            if (_ended is null) LogAbandoned(Id, GenerationReading.Lease.TotalSeconds);
            End();
        }
        else if (isAlone && _ended is { } ended && clock.GetElapsedTime(ended) is var since && (since >= _keep || since >= s_inMemory))
        {
            // Kept texts are many, and who still wants this one has it made again.
            End();
            await (since < _keep ? models.KeepAsync(Id, _keep - since) : models.ForgetAsync(Id));
        }
        else if ((_ended is null || !isAlone) && clock.GetElapsedTime(_kept) >= s_keeping)
        {
            _kept = clock.GetTimestamp();
            await models.KeepAsync(Id, _keep);
        }
    }

    // The activation goes with the next look of its timer.
    private void End()
    {
        _text?.Cancel();
        (_text, _isOver) = (null, true);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Gave up the text {Text}: its reader has said nothing for {Seconds} s")]
    private partial void LogAbandoned(string text, double seconds);
}
