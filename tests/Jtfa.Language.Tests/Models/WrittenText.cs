using Jtfa.Language.Caches;
using Jtfa.Language.Decoding;
using Jtfa.Language.Models;

namespace Jtfa.Language.Tests.Models;

/// <summary>Texts that a model writes, and foretells better than chance therefore, even one of random weights.</summary>
internal static class WrittenText
{
    public static int[] By(LanguageModel model, int count, ulong seed = 5)
    {
        using var pool = model.CreatePool(CacheFormat.F32, (count / PagePool.PageTokens) + 1);
        using var sequence = new CachedSequence(pool);
        var sampler = new Sampler(new SamplingOptions { Seed = seed }, model.Vocabulary);
        var (logits, batch) = (new float[model.Vocabulary], new Batch());
        int[] tokens = [1, .. new int[count - 1]];
        for (var i = 1; i < count; i++)
        {
            batch.Clear();
            Assert.True(batch.TryAdd(sequence, tokens.AsSpan(i - 1, 1)));
            model.Logits(model.Forward(batch), 1, logits);
            tokens[i] = sampler.Sample(logits);
        }

        return tokens;
    }
}
