using Jtfa.Language.Caches;
using Jtfa.Language.Models;
using Jtfa.Language.Tests.Peer;

namespace Jtfa.Language.Tests.Models;

/// <summary>Every architecture computes what llama.cpp computes of the same file.</summary>
public sealed class ArchitectureTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public static TheoryData<string> Kinds => [.. RandomModel.Kinds];

    public void Dispose() => File.Delete(_path);

    [Theory, MemberData(nameof(Kinds))]
    public void Logits_are_llama_cpps(string kind)
    {
        Ggml.Needed();
        RandomModel.Write(_path, kind);
        var isEncoder = kind == "bert";
        int[] tokens = [1, .. Enumerable.Range(0, 60).Select(i => 3 + (i * 97 % 297))];
        using var peer = new LlamaCpp(_path, isEncoder);
        var expected = peer.Run(tokens, isEncoder);

        using var model = LanguageModel.Load(_path, 2);
        using var pool = model.CreatePool(CacheFormat.F32, 8);
        using var sequence = new CachedSequence(pool);
        var batch = new Batch();
        Assert.True(batch.TryAdd(sequence, tokens));
        var hidden = model.Forward(batch).ToArray();
        var logits = new float[tokens.Length * model.Vocabulary];
        if (!isEncoder) model.Logits(hidden, tokens.Length, logits);
        var (numbers, each) = isEncoder ? (hidden, model.Sizes.Width) : (logits, model.Vocabulary);
        var (worst, different) = (0.0, 0);
        for (var i = 0; i < tokens.Length; i++)
        {
            var row = numbers.AsSpan(i * each, each).ToArray();
            var largest = expected[i].Max(Math.Abs);
            worst = Math.Max(worst, row.Zip(expected[i], (a, b) => Math.Abs(a - b)).Max() / largest);
            if (Array.IndexOf(row, row.Max()) == Array.IndexOf(expected[i], expected[i].Max())) continue;
            var best = expected[i].OrderDescending().Take(2).ToArray();
            Assert.True(best[0] - best[1] < 1e-3 * largest, $"another best text token at {i}");
            different++;
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{kind}: away by {worst:E1} of the largest, {different} ties decided otherwise");
        Assert.InRange(worst, 0, 1e-3);
    }
}
