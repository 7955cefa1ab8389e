using Jtfa.Interfaces;
using Jtfa.Language.Decoding;
using Jtfa.Language.Serving;
using Jtfa.Language.Tokenizers;

namespace Jtfa.Grains;

/// <summary>
/// A text that an engine makes, as far as it is made: readers may come and go, and read it from wherever they were. It is taken from the
/// engine as it comes, so that no reader holds up the engine. From whichever thread.
/// </summary>
public sealed class ServedText
{
    private readonly GenerationStream _stream;
    private readonly Tokenizer _tokenizer;
    private readonly Lock _gate = new();
    private readonly List<TextPiece> _pieces = [];
    private TaskCompletionSource _news = New();

    /// <summary>Begins to take a text.</summary>
    /// <param name="stream">The text.</param>
    /// <param name="tokenizer">Of its model.</param>
    /// <param name="request">What it was asked for.</param>
    /// <param name="prompt">Its prompt.</param>
    public ServedText(GenerationStream stream, Tokenizer tokenizer, TextRequest request, int[] prompt)
    {
        (_stream, _tokenizer) = (stream, tokenizer);
        var tokens = request with { Prompt = null, Messages = null, TemplateVariables = null, PromptTokens = prompt };
        Request = tokens with { Seed = stream.Seed };
        Completion = Task.Run(TakeAsync);
    }

    /// <summary>The text's end, which comes whether it is read or not; the task never faults.</summary>
    public Task<TextEnd> Completion { get; }

    /// <summary>
    /// What says the same text again: with the prompt as text tokens, since a template may write the time into it, and with the seed, which
    /// may have been chosen for it.
    /// </summary>
    public TextRequest Request { get; }

    /// <summary>A piece, as soon as it is there; null: the text ended before it.</summary>
    public async ValueTask<TextPiece?> GetAsync(int index, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task news;
            lock (_gate)
            {
                if (index < _pieces.Count) return _pieces[index];
                if (_pieces is [.., { End: not null }]) return null;
                news = _news.Task;
            }

            await news.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Ends it before the next step and frees its pages.</summary>
    public void Cancel() => _stream.Cancel();

    // Who waits is a grain, which goes on by its own scheduler: another change of threads before that would cost each text token some µs.
    private static TaskCompletionSource New() => new();

    private async Task<TextEnd> TakeAsync()
    {
        try
        {
            await foreach (var piece in _stream.ReadAllAsync())
            {
                Append(new TextPiece
                {
                    Text = piece.Text,
                    Token = piece.Token,
                    Chance = piece.LogProbability is { } told ? ChanceOf(told.Chosen) : null,
                    Likeliest = [.. (piece.LogProbability?.Top ?? []).Select(ChanceOf)],
                });
            }
        }
        catch (GenerationException)
        {
            // The result says it, too.
        }

        var end = EndOf(await _stream.Completion);
        Append(new TextPiece { End = end });
        return end;
    }

    private void Append(TextPiece piece)
    {
        TaskCompletionSource news;
        lock (_gate)
        {
            _pieces.Add(piece);
            (news, _news) = (_news, New());
        }

        news.SetResult();
    }

    private TokenChance ChanceOf(LogProbability told) => new(told.Id, _tokenizer.BytesOf(told.Id).ToArray(), told.Value);

    private static TextEnd EndOf(GenerationResult result) => new()
    {
        Finish = result.Ending switch
        {
            GenerationEnding.Stop => TextFinish.Stop,
            GenerationEnding.Length => TextFinish.Length,
            GenerationEnding.Cancelled => TextFinish.Cancelled,
            GenerationEnding.Abandoned => TextFinish.Abandoned,
            GenerationEnding.ShutDown => TextFinish.ShutDown,
            _ => TextFinish.Failed,
        },
        Fault = result.Fault,
        PromptTokens = result.Statistics.PromptTokens,
        CachedTokens = result.Statistics.CachedTokens,
        CompletionTokens = result.Statistics.CompletionTokens,
        TimeToFirstToken = result.Statistics.TimeToFirstToken?.TotalSeconds,
        TimePerOutputToken = result.Statistics.TimePerOutputToken?.TotalSeconds,
        JobCompletionTime = result.Statistics.JobCompletionTime.TotalSeconds,
    };
}
