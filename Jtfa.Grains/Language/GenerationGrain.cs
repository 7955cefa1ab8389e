using System.Runtime.CompilerServices;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;

namespace Jtfa.Grains;

/// <summary>One text: hands it to its reader, and gives it up when the reader has gone without a word.</summary>
[ModelPlacement]
public sealed partial class GenerationGrain(ILanguageModels models, TimeProvider clock, ILogger<GenerationGrain> logger)
    : Grain, IGenerationGrain
{
    private static readonly TimeSpan s_longestKeep = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_watch = TimeSpan.FromSeconds(1);

    private ServedText? _text;
    private IGrainTimer? _watch;
    private TimeSpan _keep;
    private bool _isStarted;
    private int _readers;
    private long _renewed;
    private long? _ended;

    /// <inheritdoc />
    public async Task<TextStart> StartAsync(TextRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var key = this.GetPrimaryKeyString();
        if (!key.StartsWith($"{request.Model}/", StringComparison.Ordinal))
            return new() { Answer = TextAnswer.Refused, Fault = $"The text {key} is not of the model {request.Model}." };
        if (_isStarted) return new() { Answer = TextAnswer.Refused, Fault = $"The text {key} was asked for already." };
        if (request.Keep < TimeSpan.Zero || request.Keep > s_longestKeep)
            return new() { Answer = TextAnswer.Refused, Fault = $"Keep={request.Keep}: allowed is 0 … {s_longestKeep}" };
        (_isStarted, _keep) = (true, request.Keep);
        var (start, text) = await models.SubmitAsync(key, request, cancellationToken);
        if (text is null)
        {
            DeactivateOnIdle();
            return start;
        }

        (_text, _renewed) = (text, clock.GetTimestamp());
        _watch = this.RegisterGrainTimer(Watch, new GrainTimerCreationOptions(s_watch, s_watch) { KeepAlive = true, Interleave = true });
        return start;
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<TextPiece> ReadAsync(int from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        if (_text is not { } text)
        {
            DeactivateOnIdle();
            var fault = "There is no such text: it was never begun, or is over.";
            yield return new() { End = new() { Finish = TextFinish.Failed, Fault = fault } };
            yield break;
        }

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
        if (_text is null && !_isStarted) DeactivateOnIdle();
        return Task.FromResult(_text is not null);
    }

    /// <inheritdoc />
    public Task CancelAsync()
    {
        _text?.Cancel();
        _keep = TimeSpan.Zero;
        if (_readers == 0) End(); // else its reader reads how it ended
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _text?.Cancel();
        return Task.CompletedTask;
    }

    // A reader that has gone is not told from one that reads slowly by what it reads, but by what it says.
    private Task Watch(CancellationToken cancellationToken)
    {
        if (_text is not { } text) return Task.CompletedTask;
        if (text.Completion.IsCompleted) _ended ??= clock.GetTimestamp();
        var isAlone = clock.GetElapsedTime(_renewed) >= GenerationReading.Lease;
        if (_keep == TimeSpan.Zero && isAlone)
        {
            if (_ended is null) LogAbandoned(this.GetPrimaryKeyString(), GenerationReading.Lease.TotalSeconds);
            End();
        }
        else if (_keep > TimeSpan.Zero && isAlone && _ended is { } ended && clock.GetElapsedTime(ended) >= _keep)
        {
            End();
        }

        return Task.CompletedTask;
    }

    private void End()
    {
        _watch?.Dispose();
        _text?.Cancel();
        DeactivateOnIdle();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Gave up the text {Text}: its reader has said nothing for {Seconds} s")]
    private partial void LogAbandoned(string text, double seconds);
}
