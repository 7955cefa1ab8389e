using System.Runtime.InteropServices;
using Jtfa.Language.Caches;
using Jtfa.Language.Decoding;

namespace Jtfa.Language.Generation;

/// <summary>Lets a smaller model of the same vocabulary write ahead, by the text's own sampling options.</summary>
/// <param name="text">The smaller model.</param>
/// <param name="cache">How its keys and values are kept.</param>
/// <param name="leastConfidence">
/// Where the likeliest text token is less probable than this, nothing more is guessed. That depends on the smaller model's logits and not
/// on what is drawn, so that the text's distribution stays.
/// </param>
public sealed class ModelDrafter(TextModel text, CacheFormat cache, double leastConfidence = 0.3) : IDrafter, IDisposable
{
    private const ulong OwnChance = 0x9E6C63D0876A3F35;

    private readonly double[] _weights = new double[text.Tokenizer.VocabularySize];
    private readonly List<Distribution> _distributions = [];
    private readonly List<int> _unseen = [];
    private readonly List<int> _proposed = [];
    private RunningSequence? _sequence;
    private Sampler? _sampler;
    private int _length;

    /// <inheritdoc/>
    public ReadOnlySpan<Distribution> Distributions => CollectionsMarshal.AsSpan(_distributions)[.._proposed.Count];

    /// <inheritdoc/>
    public void Begin(ReadOnlySpan<int> prompt, GenerationOptions options, ulong seed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        _sequence?.Dispose();
        _sequence = null;
        _unseen.Clear();
        _proposed.Clear();

        // What is drawn here must not follow from what the text draws.
        _sampler = new Sampler(options.Sampling with { Seed = seed ^ OwnChance }, text.Tokenizer.VocabularySize);
        foreach (var id in prompt) _sampler.Accept(id);
        if (prompt.Length >= text.Longest) return;
        _sequence = new RunningSequence(text, cache, (int)Math.Min(text.Longest, (long)prompt.Length + options.MaxTokens));
        _sequence.Prefill(prompt, null, cancellationToken);
        _length = prompt.Length;
    }

    /// <inheritdoc/>
    public int Propose(Span<int> proposal, JsonConstraint? json)
    {
        _proposed.Clear();
        var most = Math.Min(proposal.Length, text.Longest - _length - _unseen.Count);
        if (_sequence is null || most < 1) return 0;
        var logits = _sequence.Append(CollectionsMarshal.AsSpan(_unseen));
        _length = _sequence.Length;
        logits = logits[^text.Tokenizer.VocabularySize..];
        _unseen.Clear();
        while (IsConfident(logits))
        {
            if (_distributions.Count == _proposed.Count) _distributions.Add(new Distribution(text.Tokenizer.VocabularySize));
            var distribution = _distributions[_proposed.Count];
            _sampler!.Process(logits, distribution, json);
            var id = _sampler.Draw(distribution);
            _sampler.Accept(id);
            json?.Accept(id);
            proposal[_proposed.Count] = id;
            _proposed.Add(id);
            if (_proposed.Count == most || text.Tokenizer.IsEndOfGeneration(id)) break;
            logits = _sequence.Append([id]);
        }

        _sampler!.Rewind(_proposed.Count);
        json?.Rewind(_proposed.Count);
        return _proposed.Count;
    }

    /// <inheritdoc/>
    public void Accept(ReadOnlySpan<int> tokens)
    {
        foreach (var id in tokens) _sampler!.Accept(id);
        if (_sequence is null) return;

        // What was guessed rightly and seen stays seen.
        var (seen, right) = (_sequence.Length - _length, 0);
        while (right < seen && right < tokens.Length && tokens[right] == _proposed[right]) right++;
        _length += right;
        _sequence.Truncate(_length);
        _unseen.AddRange(tokens[right..]);
        _proposed.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => _sequence?.Dispose();

    private bool IsConfident(ReadOnlySpan<float> logits) =>
        Exponentials.Of(logits, Ranking.Max(logits), 1, _weights) * leastConfidence <= 1;
}
