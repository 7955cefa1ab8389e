using Jtfa.Language.Caches;
using Jtfa.Language.Files;
using Jtfa.Language.Models;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Tests.Models;

/// <summary>An architecture that no file of the program describes, by a file of the test's own: no code knows of it.</summary>
public sealed class NewArchitectureTests : IDisposable
{
    private const int Width = 48, Inner = 80, Blocks = 3, Heads = 6, Pairs = 2, Vocabulary = 90;
    private readonly string _folder = Directory.CreateTempSubdirectory("jtfa-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_new_architecture_is_a_new_file()
    {
        // Layer norm, ALiBi, grouped heads, parallel parts, a gate by ReLU, scaled embeddings, other names.
        File.WriteAllText(Path.Combine(_folder, "oddity.json"), """
            // Nobody's.
            {
              "norm": "layer", "position": "alibi", "alibiMaxBias": 4, "gatedFeedForward": true, "activation": "relu",
              "parallelResidual": true, "scaledEmbedding": true,
              "tensors": {
                "embedding": "words", "finalNorm": "last", "output": "head", "attentionNorm": "layer{0}.n", "query": "layer{0}.q",
                "key": "layer{0}.k", "value": "layer{0}.v", "attentionOutput": "layer{0}.o", "gate": "layer{0}.g", "up": "layer{0}.u",
                "down": "layer{0}.d",
              },
            }
            """);
        var path = Path.Combine(_folder, "oddity.gguf");
        var tensors = Write(path);
        int[] tokens = [.. Enumerable.Range(0, 30).Select(i => i * 37 % Vocabulary)];

        // Six heads: the slopes of four of eight as powers of 2^(−4/4), then every other of twice as many.
        var expected = new PlainTransformer
        {
            Tensor = name => tensors.GetValueOrDefault(name),
            Width = Width,
            Inner = Inner,
            Blocks = Blocks,
            Heads = Heads,
            Pairs = Pairs,
            IsLayerNorm = true,
            IsParallel = true,
            Slopes = [1 / 2.0, 1 / 4.0, 1 / 8.0, 1 / 16.0, Math.Pow(2, -0.5), Math.Pow(2, -1.5)],
            Activation = x => Math.Max(0, x),
            EmbeddingScale = Math.Sqrt(Width),
            Names = [.. "nnqkvogud".Select(letter => $"layer{{0}}.{letter}.weight")],
            Ends = ["words.weight", "last.weight", "head.weight"],
        }.Logits(tokens);

        using var model = LanguageModel.Load(path, 2, _folder);
        using var pool = model.CreatePool(CacheFormat.F32, 2);
        using var sequence = new CachedSequence(pool);
        var (batch, logits) = (new Batch(), new float[Vocabulary]);
        Assert.True(batch.TryAdd(sequence, tokens));
        model.Logits(model.Forward(batch)[^Width..], 1, logits);
        var largest = expected.Max(Math.Abs);
        Assert.All(logits.Zip(expected), pair => Assert.InRange(Math.Abs(pair.First - pair.Second) / largest, 0, 1e-5));
        var fault = Assert.Throws<ModelFileException>(() => LanguageModel.Load(path, 1));
        Assert.Contains("its architecture is 'oddity', known are", fault.Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, float[]> Write(string path)
    {
        var (random, values) = (new Random(8), new Dictionary<string, float[]>());
        List<GgufWriter.Tensor> tensors = [];
        void Add(string name, double mean, double spread, params long[] shape)
        {
            var numbers = new float[shape.Aggregate(1L, (product, size) => product * size)];
            foreach (ref var number in numbers.AsSpan()) number = (float)(mean + (spread * (random.NextDouble() - 0.5)));
            values.Add(name, numbers);
            var bytes = new byte[4 * numbers.Length];
            Buffer.BlockCopy(numbers, 0, bytes, 0, bytes.Length);
            tensors.Add(new(name, WeightFormat.Find("F32")!, shape, stream => stream.Write(bytes)));
        }

        Add("words.weight", 0, 1, Width, Vocabulary);
        for (var block = 0; block < Blocks; block++)
        {
            var length = Width / Heads;
            Add($"layer{block}.n.weight", 1, 0.5, Width);
            Add($"layer{block}.n.bias", 0, 0.5, Width);
            Add($"layer{block}.q.weight", 0, 1, Width, Width);
            Add($"layer{block}.k.weight", 0, 1, Width, Pairs * length);
            Add($"layer{block}.v.weight", 0, 1, Width, Pairs * length);
            Add($"layer{block}.o.weight", 0, 1, Width, Width);
            Add($"layer{block}.g.weight", 0, 1, Width, Inner);
            Add($"layer{block}.u.weight", 0, 1, Width, Inner);
            Add($"layer{block}.d.weight", 0, 1, Inner, Width);
        }

        Add("last.weight", 1, 0.5, Width);
        Add("last.bias", 0, 0.5, Width);
        Add("head.weight", 0, 1, Width, Vocabulary);
        Dictionary<string, object> metadata = new()
        {
            ["general.architecture"] = "oddity",
            ["oddity.context_length"] = 64u,
            ["oddity.embedding_length"] = (uint)Width,
            ["oddity.block_count"] = (uint)Blocks,
            ["oddity.feed_forward_length"] = (uint)Inner,
            ["oddity.attention.head_count"] = (uint)Heads,
            ["oddity.attention.head_count_kv"] = (uint)Pairs,
            ["oddity.attention.layer_norm_epsilon"] = 1e-5f,
        };
        using var file = File.Create(path);
        GgufWriter.Write(file, metadata, tensors);
        return values;
    }
}
