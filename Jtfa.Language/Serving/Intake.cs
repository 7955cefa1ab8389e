using Jtfa.Language.Caches;
using Jtfa.Language.Decoding;
using Jtfa.Language.Generation;
using Jtfa.Language.Models;
using Jtfa.Language.Tokenizers;

namespace Jtfa.Language.Serving;

/// <summary>Checks requests and makes of them what an engine computes, on the threads of those who ask.</summary>
internal sealed class Intake
{
    private const int MostStopBytes = 1024; // the automaton takes 1 kB for each
    private readonly LanguageModel _model;
    private readonly Tokenizer _tokenizer;
    private readonly PagePool _pool;
    private readonly EngineOptions _options;
    private readonly TimeProvider _time;
    private readonly SchemaMasks _schemas;
    private readonly SamplerBuffers _buffers;

    public Intake(LanguageModel model, Tokenizer tokenizer, PagePool pool, EngineOptions options, TimeProvider time)
    {
        (_model, _tokenizer, _pool, _options, _time) = (model, tokenizer, pool, options, time);
        _schemas = new SchemaMasks(tokenizer);
        _buffers = new SamplerBuffers(tokenizer.VocabularySize);
        LongestText = Math.Min(model.LongestText, pool.Pages * PagePool.PageTokens);
    }

    /// <summary>Text tokens of the longest text, prompt included.</summary>
    public int LongestText { get; }

    /// <summary>Refuses a model that writes no text.</summary>
    /// <exception cref="ArgumentException">It is an encoder, or the tokenizer is not its own.</exception>
    public static void Check(LanguageModel model, Tokenizer tokenizer)
    {
        if (!model.Architecture.Causal) throw new ArgumentException("The model is an encoder, which gives embeddings and no text.");
        if (tokenizer.VocabularySize > model.Vocabulary)
        {
            throw new ArgumentException(
                $"The tokenizer has {tokenizer.VocabularySize} text tokens, and the model {model.Vocabulary}: they are not of one file.");
        }
    }

    /// <summary>Makes a text of a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="id">The text's number.</param>
    /// <param name="wakeEngine">Is called when its reader wants something.</param>
    /// <exception cref="RequestException">The request is wrong.</exception>
    public ServedSequence Read(GenerationRequest request, long id, Action wakeEngine)
    {
        if (FaultOf(request) is { } fault) throw new RequestException(fault);
        var options = request.Options with { MaxTokens = Math.Min(request.Options.MaxTokens, LongestText - request.Prompt.Count) };
        int[] prompt = [.. request.Prompt];
        Continuation continuation;
        try
        {
            var json = request.JsonSchema is { } schema ? _schemas.Of(request.Owner, schema) : null;
            continuation = new Continuation(_tokenizer, prompt, options, json, _buffers);
        }
        catch (SchemaException wrong)
        {
            throw new RequestException($"JsonSchema: {wrong.Message}");
        }

        var stream = new GenerationStream(id, continuation.Sampler.Seed, _options.BufferedPieces, wakeEngine);
        return new ServedSequence(request, continuation, stream, new CachedSequence(_pool), _time.GetTimestamp(), _options.Lookup);
    }

    private string? FaultOf(GenerationRequest request)
    {
        var (prompt, options) = (request.Prompt, request.Options);
        if (prompt.Count == 0) return "The prompt is empty: give one text token at least.";
        if (prompt.Count >= LongestText)
            return $"The prompt has {prompt.Count} text tokens, and a text may have {LongestText}: shorten it.";
        var most = _tokenizer.VocabularySize - 1;
        foreach (var id in prompt)
            if (id < 0 || id > most) return $"The prompt has the text token {id}: known are 0 … {most}.";
        if (string.Join("; ", options.Faults()) is { Length: > 0 } faults) return faults;
        foreach (var id in options.Sampling.LogitBias?.Keys ?? [])
            if (id > most) return $"Sampling.LogitBias[{id}]: allowed are ids 0 … {most}";
        var stopBytes = options.Stop.Sum(System.Text.Encoding.UTF8.GetByteCount);
        return stopBytes > MostStopBytes ? $"Stop: they have {stopBytes} bytes together, allowed are {MostStopBytes}" : null;
    }
}
