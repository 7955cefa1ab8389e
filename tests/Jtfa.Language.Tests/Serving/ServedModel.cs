using System.Text;
using Jtfa.Language.Caches;
using Jtfa.Language.Decoding;
using Jtfa.Language.Files;
using Jtfa.Language.Generation;
using Jtfa.Language.Models;
using Jtfa.Language.Serving;
using Jtfa.Language.Tokenizers;

namespace Jtfa.Language.Tests.Serving;

/// <summary>What a text says, in full.</summary>
internal sealed record Said(string Text, int[] Tokens, double[] LogProbabilities, FinishReason? Finish)
{
    public static Said Of(IEnumerable<GenerationPiece> pieces)
    {
        GenerationPiece[] all = [.. pieces];
        return new(
            string.Concat(all.Select(piece => piece.Text)), [.. all.Select(piece => piece.Token)],
            [.. all.Where(piece => piece.LogProbability is not null).Select(piece => piece.LogProbability!.Chosen.Value)],
            all.Length == 0 ? null : all[^1].Finish);
    }
}

/// <summary>A small model of random weights on disk, and texts of it that nothing else runs beside.</summary>
internal sealed class ServedModel : IDisposable
{
    private const string Schema =
        """{ "type": "object", "properties": { "a": { "enum": [7, 12] }, "b": { "enum": ["x", "yes"] } }, "required": ["a", "b"] }""";

    private readonly string _path = System.IO.Path.GetTempFileName();
    private readonly Lazy<LanguageModel> _alone;

    public ServedModel(string kind = "llama:gqa-linear", int blocks = 2)
    {
        RandomModel.Write(_path, kind, blocks: blocks);
        using var file = GgufFile.Open(_path);
        Tokenizer = Tokenizer.Load(file);
        _alone = new(() => Load());
    }

    public string Path => _path;

    public Tokenizer Tokenizer { get; }

    public LanguageModel Load(int threads = 1, int? blocks = null) => LanguageModel.Load(_path, threads, blocks: blocks);

    /// <summary>A request of a prompt that nothing ends before so many text tokens, but for the model.</summary>
    public static GenerationRequest Request(int[] prompt, int maxTokens, string? owner = null, double temperature = 0, ulong seed = 1) =>
        new()
        {
            Prompt = prompt,
            Owner = owner,
            Options = new()
            {
                MaxTokens = maxTokens,
                LogProbabilities = 0,
                Sampling = new() { Temperature = temperature, Seed = seed, LogitBias = new Dictionary<int, double> { [2] = -1e6 } },
            },
        };

    /// <summary>A request of any kind: sampled or not, with and without owners, stop strings and schemas.</summary>
    public static GenerationRequest RandomRequest(Random random)
    {
        var owner = random.Next(3) switch { 0 => null, 1 => "a", _ => "b" };
        var own = Enumerable.Range(0, random.Next(1, 30)).Select(_ => random.Next(300));
        int[] prompt = [1, .. Enumerable.Range(3, random.Next(70)), .. own];
        var sampling = random.Next(4) switch
        {
            0 => new SamplingOptions { Temperature = 0 },
            1 => new SamplingOptions { Temperature = 0.9, TopK = 20, Seed = (ulong)random.Next(100), RepetitionPenalty = 1.1 },
            2 => new SamplingOptions { Fsd = new() },
            _ => new SamplingOptions { Temperature = 1.2, TopP = 0.9, Seed = (ulong)random.Next(100) },
        };
        return new()
        {
            Prompt = prompt,
            Owner = owner,
            JsonSchema = random.Next(6) == 0 ? Schema : null,
            Options = new()
            {
                Sampling = sampling,
                MaxTokens = random.Next(1, 60),
                Stop = random.Next(3) == 0 ? ["A", "BC", "\u0007"] : [],
                LogProbabilities = 0,
            },
        };
    }

    public void Dispose()
    {
        if (_alone.IsValueCreated) _alone.Value.Dispose();
        File.Delete(_path);
    }

    /// <summary>What a request's text says when nothing else runs, its prompt is computed at once and nothing is shared.</summary>
    public Said Undisturbed(GenerationRequest request, CacheFormat format)
    {
        var model = _alone.Value;
        using var pool = model.CreatePool(format, 32);
        using var sequence = new CachedSequence(pool);
        var json = request.JsonSchema is null ? null : new JsonMasks(JsonGrammar.Parse(request.JsonSchema), new VocabularyTrie(
            Tokenizer.VocabularySize, id => Tokenizer.BytesOf(id), Tokenizer.IsEndOfGeneration));
        int[] next = [.. request.Prompt];
        var continuation = new Continuation(Tokenizer, next, request.Options, json);
        var (batch, logits, text, tokens) = (new Batch(), new float[model.Vocabulary], new StringBuilder(), new List<int>());
        while (continuation.Finish is null)
        {
            batch.Clear();
            Assert.True(batch.TryAdd(sequence, next));
            var hidden = model.Forward(batch);
            model.Logits(hidden[^model.Sizes.Width..], 1, logits);
            var step = continuation.Accept(logits);
            text.Append(step.Text);
            tokens.AddRange(step.Tokens);
            next = [step.Tokens[^1]];
        }

        return new(text.ToString(), [.. tokens], [.. continuation.LogProbabilities.Select(told => told.Chosen.Value)], continuation.Finish);
    }
}
