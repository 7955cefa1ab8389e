using Jtfa.Language.Models;
using Jtfa.Language.Tests.Peer;

namespace Jtfa.Language.Tests.Models;

/// <summary>Vectors of texts are llama.cpp's.</summary>
public sealed class TextEmbedderTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Theory, InlineData("bert:mean"), InlineData("bert:first")]
    public void Vectors_are_llama_cpps_and_of_length_1(string kind)
    {
        Ggml.Needed();
        RandomModel.Write(_path, kind);
        using var embedder = TextEmbedder.Load(_path, 2);
        using var peer = new LlamaCpp(_path, embeddings: true, ofText: true);
        foreach (var length in (int[])[1, 7, 60])
        {
            int[] tokens = [1, .. Enumerable.Range(0, length - 1).Select(i => 3 + (i * 97 % 297))];
            float[] ours = embedder.Embed(tokens), theirs = peer.Embed(tokens);
            var size = Math.Sqrt(theirs.Sum(x => (double)x * x)); // llama.cpp leaves that to the caller
            Assert.Equal(1, ours.Sum(x => (double)x * x), 5);
            Assert.All(ours.Zip(theirs), pair => Assert.InRange(pair.First - (pair.Second / size), -1e-3, 1e-3));
        }

        var text = embedder.Tokens("AB");
        Assert.Equal((1, embedder.Width), (text[0], embedder.Embed(text).Length));
        Assert.Throws<ArgumentOutOfRangeException>(() => embedder.Embed(new int[embedder.LongestText + 1]));
    }
}
