using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Jtfa.Language.Caches;
using Jtfa.Language.Evaluation;
using Jtfa.Language.Files;
using Jtfa.Language.Generation;
using Jtfa.Language.Kernels;
using Jtfa.Language.Models;
using Jtfa.Language.Tests.Peer;
using Jtfa.Language.Tokenizers;
using Jtfa.Language.Tokenizers.Templates;

namespace Jtfa.Language.Tests.Models;

/// <summary>The model in models/language/, against what its training wrote down about it with PyTorch and SentencePiece.</summary>
public sealed class ShippedModelTests : IDisposable
{
    private static readonly JsonSerializerOptions s_names = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private static readonly Reference s_reference = JsonSerializer.Deserialize<Reference>(
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(ShippedModel.ModelPath)!, "reference.json")), s_names)!;

    private readonly GgufFile _file = GgufFile.Open(ShippedModel.ModelPath);
    private readonly Tokenizer _tokenizer;

    public ShippedModelTests() => _tokenizer = Tokenizer.Load(_file);

    public void Dispose() => _file.Dispose();

    [Fact]
    public void Ids_are_those_of_SentencePiece()
    {
        Assert.All(s_reference.Encoded, one => Assert.Equal(one.Tokens, _tokenizer.Encode(one.Text)));
        int[] ids = [.. File.ReadLines(ShippedModel.HeldOutPath).SelectMany(line => _tokenizer.Encode(line))];
        var bytes = new byte[4 * ids.Length];
        for (var i = 0; i < ids.Length; i++) BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4 * i), ids[i]);
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        Assert.Equal(s_reference.HeldOut, new(ids.Length, hash));
    }

    [Fact]
    public void Logits_are_those_of_PyTorch_and_of_llama_cpp()
    {
        using var model = LanguageModel.Load(ShippedModel.ModelPath, 2);
        var found = LogitsAfter(model, s_reference.Logits.Tokens);
        Near(s_reference.Logits.AfterLast, found);
        Ggml.Needed();
        using var peer = new LlamaCpp(ShippedModel.ModelPath);
        Near(peer.Run(s_reference.Logits.Tokens)[^1], found);

        static void Near(float[] expected, float[] found)
        {
            var worst = expected.Zip(found, (a, b) => Math.Abs(a - b)).Max() / expected.Max(Math.Abs);
            TestContext.Current.TestOutputHelper!.WriteLine($"away by {worst:E1} of the largest");
            Assert.InRange(worst, 0, 1e-3);
        }
    }

    [Fact]
    public void Definitions_are_those_of_PyTorch_with_a_draft_and_without()
    {
        Assert.True(s_reference.Greedy.Count >= 5);
        using var workers = new Workers(2);
        using TextModel model = TextModel.Load(ShippedModel.ModelPath, workers), draft = TextModel.Load(ShippedModel.DraftPath, workers);
        model.CheckDraft(draft);
        using var drafter = new ModelDrafter(draft, CacheFormat.F32);
        Generator plain = new(model, CacheFormat.F32), drafted = new(model, CacheFormat.F32, drafter);
        var (proposed, accepted) = (0L, 0L);
        foreach (var expected in s_reference.Greedy)
        {
            foreach (var generator in (Generator[])[plain, drafted])
            {
                var text = "";
                var options = new GenerationOptions { Sampling = new() { Temperature = 0 } };
                var result = generator.Run(model.Encode(expected.Prompt), options, more => text += more.ToString());
                Assert.Equal([.. expected.Tokens, _tokenizer.EosId!.Value], result.Tokens);
                Assert.Equal(expected.Text, text);
                proposed += result.Statistics.Drafted;
                accepted += result.Statistics.Accepted;
            }
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{accepted} of {proposed} drafted text tokens are right");
        Assert.InRange(accepted, Math.Max(20, proposed / 3), proposed);
    }

    [Fact]
    public void Held_out_glosses_cost_what_they_cost_PyTorch()
    {
        var text = string.Join('\n', File.ReadLines(ShippedModel.HeldOutPath).Take(s_reference.Perplexity.Lines));
        var lines = LinePerplexity.Tokens(_tokenizer, text);
        using var model = LanguageModel.Load(ShippedModel.ModelPath, 2);
        var found = LinePerplexity.Of(model, lines, model.Sizes.Context).Perplexity;
        Assert.InRange(found / s_reference.Perplexity.Value, 0.999, 1.001);
    }

    [Theory]
    [InlineData(" ocean\n", "ocean (noun):")]
    [InlineData("What is a lighthouse?", "lighthouse (noun):")]
    [InlineData("define the Black Sea.", "Black Sea (noun):")]
    [InlineData("to run", "run (verb):")]
    [InlineData("blue (adjective)", "blue (adjective):")]
    [InlineData("the", "the (noun):")]
    public void A_word_in_a_chat_is_what_its_definition_begins_with(string said, string prompt)
    {
        JsonArray messages =
        [
            new JsonObject { ["role"] = "user", ["content"] = "violin" },
            new JsonObject { ["role"] = "assistant", ["content"] = "a small instrument with four strings" },
            new JsonObject { ["role"] = "user", ["content"] = said },
        ];
        foreach (var path in (string[])[ShippedModel.ModelPath, ShippedModel.DraftPath])
        {
            using var file = GgufFile.Open(path);
            var text = ChatTemplate.Load(file.Metadata, _tokenizer)!.Render(messages);
            Assert.Equal([_tokenizer.BosId!.Value, .. _tokenizer.Encode(prompt)], _tokenizer.Encode(text, parseSpecial: true));
        }
    }

    private static float[] LogitsAfter(LanguageModel model, ReadOnlySpan<int> tokens)
    {
        using var pool = model.CreatePool(CacheFormat.F32, 16);
        using var sequence = new CachedSequence(pool);
        var batch = new Batch();
        Assert.True(batch.TryAdd(sequence, tokens));
        var logits = new float[model.Vocabulary];
        model.Logits(model.Forward(batch)[^model.Sizes.Width..], 1, logits);
        return logits;
    }

    private sealed record Reference(List<Encoded> Encoded, HeldOut HeldOut, List<Definition> Greedy, Logits Logits, Loss Perplexity);

    private sealed record Encoded(string Text, int[] Tokens);

    private sealed record HeldOut(int Tokens, string Sha256);

    private sealed record Loss(int Lines, double Value);

    private sealed record Definition(string Prompt, string Text, int[] Tokens);

    private sealed record Logits(int[] Tokens, float[] AfterLast);
}
