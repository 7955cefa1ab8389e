using Jtfa.Language.Architectures;
using Jtfa.Language.Caches;
using Jtfa.Language.Files;
using Jtfa.Language.Kernels;
using Jtfa.Language.Models;

namespace Jtfa.Language.Tests.Models;

/// <summary>A stage whose tensors several share: heads of keys and values, and columns of the feed-forward networks.</summary>
public sealed class ShardTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData("llama", "F32", 1, 3), InlineData("llama", "F32", 1, 1, 1, 1), InlineData("llama", "Q8_0", 2, 2)]
    [InlineData("llama", "Q4_0", 2, 2), InlineData("llama:wide", "Q4_0", 4, 12), InlineData("llama:gqa-yarn", "F16", 1, 1)]
    [InlineData("qwen2", "F32", 1, 1), InlineData("qwen3", "Q8_0", 1, 1), InlineData("gemma", "F32", 1, 1)]
    [InlineData("phi3", "F32", 3, 1), InlineData("gpt2", "F32", 2, 1, 1), InlineData("falcon:40b", "F32", 1, 1)]
    [InlineData("bloom:5heads", "F32", 2, 3), InlineData("bloom", "Q8_0", 2, 2)]
    public void What_shards_add_up_to_is_what_the_whole_computes(string kind, string type, params int[] heads)
    {
        RandomModel.Write(_path, kind, type);
        using var whole = LanguageModel.Load(_path, 1);
        using var file = GgufFile.Open(_path);
        var architecture = Architecture.Of(file);
        using var workers = new Workers(2);
        using var starter = new Starter(file, architecture, whole.Sizes, workers);
        var shards = TensorShare.Of(file, architecture, heads)
            .Select(share => new StageShard(file, architecture, share, 0, whole.Sizes.Blocks, workers)).ToList();
        var pools = shards.Select(shard => new PagePool(shard.Shape, CacheFormat.F32, 8)).ToList();
        var sequences = pools.Select(pool => new CachedSequence(pool)).ToList();
        using var wholePool = whole.CreatePool(CacheFormat.F32, 8);
        using var wholeSequence = new CachedSequence(wholePool);
        try
        {
            Assert.Equal(heads, shards.Select(shard => shard.Shape.Heads));
            // Where activations become bytes, another last bit of a sum may make another byte: a hundredth of an activation.
            var (random, tolerance) = (new Random(9), type is "F32" or "F16" ? 1e-3 : 1e-2);
            foreach (var count in (int[])[7, 1, 1, 20, 1])
            {
                int[] tokens = [.. Enumerable.Range(0, count).Select(_ => random.Next(300))];
                var expected = LogitsOf(whole, wholeSequence, tokens);
                var got = LogitsOf(starter, whole.Sizes.Width, shards, sequences, tokens);
                var largest = expected.Max(Math.Abs);
                Assert.InRange(expected.Zip(got, (one, other) => Math.Abs(one - other)).Max(), 0, tolerance * largest);
            }
        }
        finally
        {
            foreach (var sequence in sequences) sequence.Dispose();
            foreach (var pool in pools) pool.Dispose();
            foreach (var shard in shards) shard.Dispose();
        }
    }

    [Fact]
    public void Shards_are_cut_between_blocks_of_columns_and_nothing_is_lost()
    {
        RandomModel.Write(_path, "llama:wide", "Q4_0");
        using var file = GgufFile.Open(_path);
        var architecture = Architecture.Of(file);
        Assert.Equal(2, TensorShare.HeadStep(file, architecture)); // heads of 16 numbers, blocks of 32
        foreach (var heads in (int[][])[[16], [2, 14], [6, 4, 6], [8, 8]])
        {
            var shares = TensorShare.Of(file, architecture, heads);
            Assert.Equal(heads, shares.Select(share => share.Heads));
            Assert.Equal(96, shares.Sum(share => share.Columns));
            Assert.All(shares, share => Assert.Equal(0, share.FirstColumn % 32));
            for (var i = 1; i < shares.Count; i++)
                Assert.Equal(shares[i - 1].FirstColumn + shares[i - 1].Columns, shares[i].FirstColumn);
        }

        foreach (var (heads, says) in ((int[], string)[])[
            ([3, 13], "3 of them end at column 48, within a block of 32; allowed is a multiple of 2 heads"),
            ([8, 9], "allowed are 1 or more each, together 16"), ([16, 0], "allowed are 1 or more each"),
            ([4, 4, 4, 4], "too few blocks of 32 columns for 4 shares")])
        {
            var fault = Assert.Throws<ModelFileException>(() => TensorShare.Of(file, architecture, heads));
            Assert.Contains(says, fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void One_head_of_keys_is_nobodys_to_share()
    {
        RandomModel.Write(_path, "llama:mqa");
        using var file = GgufFile.Open(_path);
        var fault = Assert.Throws<ModelFileException>(() => TensorShare.Of(file, Architecture.Of(file), [1, 1]));
        Assert.Contains("together 1, which are all heads of keys and values", fault.Message, StringComparison.Ordinal);
    }

    private static float[] LogitsOf(LanguageModel model, CachedSequence sequence, int[] tokens)
    {
        var (batch, logits) = (new Batch(), new float[tokens.Length * model.Vocabulary]);
        Assert.True(batch.TryAdd(sequence, tokens));
        model.Logits(model.Forward(batch), tokens.Length, logits);
        return logits;
    }

    private static float[] LogitsOf(
        Starter starter, int width, List<StageShard> shards, List<CachedSequence> sequences, int[] tokens)
    {
        var batches = sequences.Select(sequence =>
        {
            var batch = new Batch();
            Assert.True(batch.TryAdd(sequence, tokens));
            return batch;
        }).ToList();
        var logits = new float[tokens.Length * starter.Vocabulary];
        float[][] hidden = [.. shards.Select(_ => new float[tokens.Length * width])];
        foreach (var own in hidden) starter.Embed(batches[0], own);
        for (var step = 0; step < shards[0].Steps; step++)
        {
            float[][] parts = [.. shards.Select(_ => new float[tokens.Length * width])];
            for (var shard = 0; shard < shards.Count; shard++) shards[shard].Compute(step, batches[shard], hidden[shard], parts[shard]);
            StageShard.Sum(parts);
            for (var shard = 0; shard < shards.Count; shard++) shards[shard].Add(step, tokens.Length, hidden[shard], parts[0]);
        }

        Assert.All(hidden, own => Assert.Equal(hidden[0], own)); // bit for bit
        starter.Logits(hidden[0], tokens.Length, logits);
        return logits;
    }
}
