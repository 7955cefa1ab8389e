using Jtfa.Language.Caches;
using Jtfa.Language.Decoding;

namespace Jtfa.Language.Generation;

/// <summary>
/// Writes one text at a time with a model: the prompt in chunks, then a text token after another, or several where a draft was right. A
/// greedy text is the same with drafts and without, since a model's numbers do not depend on how many text tokens it is given at once; of
/// a drawn text the distribution is. For one thread at a time.
/// </summary>
/// <param name="text">The model.</param>
/// <param name="cache">How keys and values are kept.</param>
/// <param name="drafter">Who guesses; null: nobody.</param>
/// <param name="time">The clock that is measured with; null: the system's.</param>
public sealed class Generator(TextModel text, CacheFormat cache = CacheFormat.F16, IDrafter? drafter = null, TimeProvider? time = null)
{
    private const int LongestDraft = 16;
    private const int FirstDraft = 4;
    private const int PlainSteps = 32;

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly SamplerBuffers _buffers = new(text.Tokenizer.VocabularySize);
    private readonly int[] _rows = new int[LongestDraft + 1];
    private readonly SpeculativeSampler _speculation = new(text.Tokenizer.VocabularySize, text.Tokenizer.IsEndOfGeneration);

    /// <summary>Whether some steps without drafts are done again after a text that had drafts, to compare with.</summary>
    public bool MeasuresPlainSteps { get; init; }

    /// <summary>Writes a text.</summary>
    /// <param name="prompt">The prompt's text tokens, 1 … <see cref="TextModel.Longest"/>.</param>
    /// <param name="options">How the text is made; it also ends where the model's context does.</param>
    /// <param name="onText">Is given the text as it comes.</param>
    /// <param name="json">The documents that the text has to be one of; null: it may be anything.</param>
    /// <param name="progress">Is told how much of the prompt the model has seen; null: nobody is.</param>
    /// <param name="cancellationToken">Stops it between steps.</param>
    /// <exception cref="ArgumentException">The prompt is empty or too long, or an option is not valid.</exception>
    public GeneratedText Run(
        ReadOnlySpan<int> prompt, GenerationOptions options, Action<ReadOnlySpan<char>> onText, JsonMasks? json = null,
        IProgress<WorkProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(onText);
        if (prompt.Length < 1 || prompt.Length > text.Longest)
            throw new ArgumentException($"The prompt has {prompt.Length} text tokens: allowed is 1 … {text.Longest}.", nameof(prompt));

        // The last text token is only chosen: the model need not see it.
        options = options with { MaxTokens = Math.Min(options.MaxTokens, text.Longest - prompt.Length + 1) };
        var continuation = new Continuation(text.Tokenizer, prompt, options, json, _buffers);
        using var sequence = new RunningSequence(text, cache, prompt.Length + options.MaxTokens);
        var (drafted, accepted) = (_speculation.Proposed, _speculation.Accepted);
        var (begin, passes) = (_time.GetTimestamp(), 0);
        var logits = sequence.Prefill(prompt, progress, cancellationToken);
        drafter?.Begin(prompt, options, continuation.Sampler.Seed, cancellationToken);
        var decoding = _time.GetTimestamp();
        List<int> tokens = new(Math.Min(options.MaxTokens, 4096));
        var (length, draft) = (FirstDraft, 0);
        while (true)
        {
            var step = draft == 0
                ? continuation.Accept(logits)
                : continuation.Accept(logits, _rows.AsSpan(1, draft), drafter!.Distributions, _speculation);
            tokens.AddRange(step.Tokens);
            if (step.Text.Length > 0) onText(step.Text);
            if (continuation.Finish is not null) break;
            cancellationToken.ThrowIfCancellationRequested();

            // All right: guess further; else, less far.
            if (draft > 0) length = step.Tokens.Length > draft ? Math.Min(LongestDraft, length + 2) : Math.Max(1, length - 1);
            sequence.Truncate(prompt.Length + tokens.Count - 1);
            _rows[0] = tokens[^1];
            draft = 0;
            if (drafter is not null)
            {
                drafter.Accept(step.Tokens);
                draft = drafter.Propose(_rows.AsSpan(1, Math.Min(length, continuation.Left - 1)), continuation.Json);
            }

            logits = sequence.Append(_rows.AsSpan(0, draft + 1));
            passes++;
        }

        var decoded = _time.GetElapsedTime(decoding).TotalSeconds;
        var plain = drafter is null || !MeasuresPlainSteps
            ? null
            : PlainStep(sequence, prompt.Length, tokens, continuation, cancellationToken);
        return new GeneratedText(
            tokens, continuation.Finish.Value, continuation.Sampler.Seed, continuation.LogProbabilities,
            new GeneratorStatistics(
                prompt.Length, tokens.Count, _time.GetElapsedTime(begin, decoding).TotalSeconds, decoded, passes,
                _speculation.Proposed - drafted, _speculation.Accepted - accepted, plain));
    }

    // Seconds of a step without drafts: the last ones, once more.
    private double? PlainStep(
        RunningSequence sequence, int prompt, List<int> tokens, Continuation continuation, CancellationToken cancellationToken)
    {
        var steps = Math.Min(PlainSteps, tokens.Count - 1);
        if (steps < 1) return null;
        var (distribution, first) = (new Distribution(text.Tokenizer.VocabularySize), tokens.Count - 1 - steps);
        sequence.Truncate(prompt + first);
        var begin = _time.GetTimestamp();
        for (var step = 0; step < steps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            continuation.Sampler.Process(sequence.Append([tokens[first + step]]), distribution);
        }

        return _time.GetElapsedTime(begin).TotalSeconds / steps;
    }
}
