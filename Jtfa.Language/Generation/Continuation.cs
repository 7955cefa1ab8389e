using Jtfa.Language.Decoding;
using Jtfa.Language.Tokenizers;

namespace Jtfa.Language.Generation;

/// <summary>
/// What one sequence's text is, from the logits that a model computes for it: it chooses text tokens, decodes them, and says where the text
/// ends. It knows nothing of models, caches and batches, so that whoever runs one sequence or many uses it. For one thread at a time; a
/// step allocates nothing, but for log probabilities.
/// </summary>
public sealed class Continuation
{
    private readonly Tokenizer _tokenizer;
    private readonly GenerationOptions _options;
    private readonly TextDecoder _decoder;
    private readonly LogProbabilities? _logProbabilities;
    private readonly List<TokenLogProbability> _told = [];
    private int[] _taken = new int[1];
    private char[] _text = new char[256];
    private int _length;

    /// <summary>A text that goes on after a prompt.</summary>
    /// <param name="tokenizer">Of the model.</param>
    /// <param name="prompt">The prompt's text tokens, BOS among them: penalties look at them.</param>
    /// <param name="options">How the text is made and where it ends.</param>
    /// <param name="json">The documents that the text has to be one of; null: it may be anything.</param>
    /// <param name="buffers">Room that texts of one thread share; null: its own.</param>
    /// <exception cref="ArgumentException">An option is not valid.</exception>
    public Continuation(
        Tokenizer tokenizer, ReadOnlySpan<int> prompt, GenerationOptions options, JsonMasks? json = null, SamplerBuffers? buffers = null)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(options);
        if (string.Join("; ", options.Faults()) is { Length: > 0 } faults) throw new ArgumentException(faults, nameof(options));
        (_tokenizer, _options) = (tokenizer, options);
        buffers ??= new SamplerBuffers(tokenizer.VocabularySize);
        Sampler = new Sampler(options.Sampling, tokenizer.VocabularySize, buffers);
        Json = json is null ? null : new JsonConstraint(json);
        var isStart = true;
        foreach (var id in prompt)
        {
            Sampler.Accept(id);
            isStart &= tokenizer.BytesOf(id).IsEmpty;
        }

        _decoder = new TextDecoder(tokenizer, isStart, options.Stop);
        if (options.LogProbabilities is not null) _logProbabilities = new LogProbabilities(buffers);
    }

    /// <summary>What chooses, for the state of its random numbers and its seed.</summary>
    public Sampler Sampler { get; }

    /// <summary>What the text has to be; null: anything.</summary>
    public JsonConstraint? Json { get; }

    /// <summary>The text tokens that were chosen.</summary>
    public int Count { get; private set; }

    /// <summary>The text tokens that may still be chosen.</summary>
    public int Left => _options.MaxTokens - Count;

    /// <summary>Why the text has ended; null: it goes on.</summary>
    public FinishReason? Finish { get; private set; }

    /// <summary>Log probabilities of the chosen text tokens; empty where they were not asked for.</summary>
    public IReadOnlyList<TokenLogProbability> LogProbabilities => _told;

    /// <summary>Chooses a text token.</summary>
    /// <param name="logits">The model's, after the text so far: as many as the tokenizer has text tokens.</param>
    /// <exception cref="InvalidOperationException">The text has ended, or every text token is forbidden.</exception>
    public GenerationStep Accept(ReadOnlySpan<float> logits)
    {
        ThrowIfEnded();
        var id = Sampler.Sample(logits, Json);
        Sampler.Accept(id);
        Json?.Accept(id);
        _taken[0] = id;
        return Take(logits, 1);
    }

    /// <summary>Takes as much of a draft as may be taken, and one text token more.</summary>
    /// <param name="logits">The model's: a row before each drafted text token and one after the last.</param>
    /// <param name="draft">The draft.</param>
    /// <param name="distributions">What it was drawn from; empty when it was chosen without chance.</param>
    /// <param name="speculation">Who decides, of the same vocabulary; it knows which text tokens end a text.</param>
    /// <exception cref="InvalidOperationException">The text has ended, or every text token is forbidden.</exception>
    public GenerationStep Accept(
        ReadOnlySpan<float> logits, ReadOnlySpan<int> draft, ReadOnlySpan<Distribution> distributions, SpeculativeSampler speculation)
    {
        ArgumentNullException.ThrowIfNull(speculation);
        ThrowIfEnded();
        if (_taken.Length <= draft.Length) _taken = new int[2 * draft.Length + 1];
        return Take(logits, speculation.Verify(Sampler, logits, draft, distributions, _taken, Json));
    }

    /// <summary>Ends the text where there is no room for more of it.</summary>
    /// <returns>What was held back.</returns>
    public GenerationStep Cut()
    {
        ThrowIfEnded();
        _length = 0;
        End(FinishReason.Length);
        return new(_text.AsSpan(0, _length), [], Finish);
    }

    private GenerationStep Take(ReadOnlySpan<float> logits, int count)
    {
        _length = 0;
        var taken = 0;
        while (taken < count && Finish is null)
        {
            var id = _taken[taken];
            if (_logProbabilities is not null) Tell(logits.Slice(taken * _tokenizer.VocabularySize, _tokenizer.VocabularySize), id);
            taken++;
            Count++;
            if (_tokenizer.IsEndOfGeneration(id))
            {
                End(FinishReason.Stop);
                break;
            }

            Append(_decoder.Append(id));
            if (_decoder.IsStopped) Finish = FinishReason.Stop;
            else if (Left == 0) End(FinishReason.Length);
        }

        // A document that nothing may follow, of a vocabulary without an end.
        if (Finish is null && Json is { IsComplete: true } && !Json.Allowed.ContainsAnyExcept(0UL)) End(FinishReason.Stop);
        return new(_text.AsSpan(0, _length), _taken.AsSpan(0, taken), Finish);
    }

    private void Tell(ReadOnlySpan<float> logits, int id)
    {
        var top = new LogProbability[Math.Min(_options.LogProbabilities!.Value, _tokenizer.VocabularySize)];
        var chosen = _logProbabilities!.Of(logits, id, top);
        _told.Add(new TokenLogProbability(chosen, top));
    }

    private void End(FinishReason reason)
    {
        Append(_decoder.Finish());
        Finish = reason;
    }

    private void Append(ReadOnlySpan<char> text)
    {
        if (_text.Length < _length + text.Length) Array.Resize(ref _text, 2 * (_length + text.Length));
        text.CopyTo(_text.AsSpan(_length));
        _length += text.Length;
    }

    private void ThrowIfEnded()
    {
        if (Finish is not null) throw new InvalidOperationException("The text has ended: begin another.");
    }
}
