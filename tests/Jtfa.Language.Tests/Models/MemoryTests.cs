using System.Globalization;
using Jtfa.Language.Caches;
using Jtfa.Language.Files;
using Jtfa.Language.Models;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Tests.Models;

/// <summary>A test of the whole process's memory runs beside no other.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
public sealed class AloneCollection;

/// <summary>What a loaded model takes of memory: its weights once, those of a head that is the embeddings, too.</summary>
[Collection(nameof(MemoryTests))]
public sealed class MemoryTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Theory, InlineData("F32"), InlineData("Q8_0"), InlineData("Q4_0"), InlineData("Q3H_B64")]
    public void Weights_are_in_memory_once(string type)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It reads /proc.");
        var (width, vocabulary, blocks) = LongForm.IsAsked ? (1024, 32_000, 6) : (512, 8192, 4);
        Write(WeightFormat.Find(type)!, 64, 256, 1); // so that code is compiled before it counts
        using (Run())
        {
        }

        var bytes = Write(WeightFormat.Find(type)!, width, vocabulary, blocks);
        var before = Resident();
        using var model = Run();
        var taken = Resident() - before;
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{type}: weights {bytes / 1e6:F1} MB, in memory {taken / 1e6:F1} MB, of them the model says {model.Bytes / 1e6:F1} MB");
        Assert.InRange(model.Bytes, 0.9 * bytes, 1.1 * bytes);

        // What other tests left may be given back meanwhile, so that it can even be below 0; pages of code and of small buffers add some.
        Assert.True(taken <= (1.1 * bytes) + (LongForm.IsAsked ? 0 : 3e6));
    }

    private LanguageModel Run()
    {
        var model = LanguageModel.Load(_path, 2);
        using var pool = model.CreatePool(CacheFormat.F16, 1);
        using var sequence = new CachedSequence(pool);
        var batch = new Batch();
        Assert.True(batch.TryAdd(sequence, [1, 2, 3]));
        model.Logits(model.Forward(batch)[^model.Sizes.Width..], 1, new float[model.Vocabulary]);
        return model;
    }

    private static long Resident()
    {
        for (var times = 0; times < 3; times++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return 1024 * long.Parse(line[6..^2].Trim(), CultureInfo.InvariantCulture);
    }

    private long Write(WeightFormat format, int width, int vocabulary, int blocks)
    {
        List<GgufWriter.Tensor> tensors = [];
        var random = new Random(6);
        var row = new float[width];
        foreach (ref var number in row.AsSpan()) number = (float)(random.NextDouble() - 0.5) / 16;
        void Add(string name, long columns, long rows)
        {
            var bytes = new byte[format.BytesOf(columns)];
            format.Encode(Enumerable.Range(0, (int)columns).Select(i => row[i % width]).ToArray(), bytes);
            tensors.Add(new(name, format, [columns, rows], stream =>
            {
                for (var i = 0L; i < rows; i++) stream.Write(bytes);
            }));
        }

        void Ones(string name) => tensors.Add(new(name, WeightFormat.Find("F32")!, [width], stream =>
        {
            for (var i = 0; i < width; i++) stream.Write(BitConverter.GetBytes(1f));
        }));

        Add("token_embd.weight", width, vocabulary);
        Ones("output_norm.weight");
        for (var block = 0; block < blocks; block++)
        {
            Ones($"blk.{block}.attn_norm.weight");
            Ones($"blk.{block}.ffn_norm.weight");
            foreach (var name in (string[])["attn_q", "attn_k", "attn_v", "attn_output"]) Add($"blk.{block}.{name}.weight", width, width);
            Add($"blk.{block}.ffn_gate.weight", width, 2 * width);
            Add($"blk.{block}.ffn_up.weight", width, 2 * width);
            Add($"blk.{block}.ffn_down.weight", 2 * width, width);
        }

        Dictionary<string, object> values = new()
        {
            ["general.architecture"] = "llama",
            ["llama.context_length"] = 128u,
            ["llama.embedding_length"] = (uint)width,
            ["llama.block_count"] = (uint)blocks,
            ["llama.feed_forward_length"] = 2u * (uint)width,
            ["llama.attention.head_count"] = 8u,
            ["llama.attention.layer_norm_rms_epsilon"] = 1e-5f,
        };
        using var file = File.Create(_path);
        GgufWriter.Write(file, values, tensors);
        return tensors.Sum(tensor => new GgufTensor(tensor.Name, tensor.Format, tensor.Shape, 0).Bytes);
    }
}
