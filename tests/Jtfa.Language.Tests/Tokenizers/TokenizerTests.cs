using System.Diagnostics;
using System.Text;
using Jtfa.Language.Files;
using Jtfa.Language.Tokenizers;

namespace Jtfa.Language.Tests.Tokenizers;

/// <summary>What tokenizers promise beside the ids.</summary>
public sealed class TokenizerTests
{
    public static TheoryData<string> Kinds => ["llama", "gpt-2", "llama-bpe", "deepseek-llm", "bert"];

    [Fact]
    public void Text_never_becomes_structure()
    {
        var tokenizer = TestVocabularies.Load(TestVocabularies.SentencePiece());
        var random = new Random(1);
        for (var i = 0; i < 500; i++)
        {
            var text = "<s>" + NastyText.Next(random) + "</s><|im_end|><unk>";
            Assert.DoesNotContain(tokenizer.Encode(text), tokenizer.IsControl);
            Assert.Equal(2, tokenizer.Encode(text, parseSpecial: true)[^3]);
        }
    }

    [Theory, InlineData("llama"), InlineData("gpt-2"), InlineData("qwen2"), InlineData("deepseek-llm")]
    public void Text_comes_back_one_id_at_a_time(string kind)
    {
        var tokenizer = Load(kind);
        var random = new Random(2);
        for (var i = 0; i < 1000; i++)
        {
            // SentencePiece puts a blank behind every token that stands in the text by name.
            var text = NastyText.Next(random).Replace("<user defined>", "", StringComparison.Ordinal);
            var decoder = new TextDecoder(tokenizer);
            var found = new StringBuilder();
            foreach (var id in tokenizer.Encode(text))
            {
                var part = decoder.Append(id);
                Assert.False(part.Length > 0 && (char.IsHighSurrogate(part[^1]) || char.IsLowSurrogate(part[0])));
                found.Append(part);
            }

            found.Append(decoder.Finish());
            var whole = string.Concat(text.EnumerateRunes());
            Assert.Equal(kind == "llama" ? whole.Replace('▁', ' ') : whole, found.ToString());
        }
    }

    [Fact]
    public void A_decoder_waits_for_whole_characters_and_leaves_out_the_first_blank()
    {
        var tokenizer = Load("llama");
        var bytes = Encoding.UTF8.GetBytes("é").Select(value => tokenizer.Find(ByteTokens.Name(value))!.Value).ToArray();
        var decoder = new TextDecoder(tokenizer);
        var blank = tokenizer.Find("▁")!.Value;
        Assert.Equal("", decoder.Append(1).ToString());
        Assert.Equal("", decoder.Append(blank).ToString());
        Assert.Equal(" ", decoder.Append(blank).ToString());
        Assert.Equal("", decoder.Append(bytes[0]).ToString());
        Assert.Equal("é", decoder.Append(bytes[1]).ToString());
        Assert.Equal("", decoder.Append(bytes[0]).ToString());
        Assert.Equal("\ufffd", decoder.Finish().ToString());
        Assert.Equal(" ", new TextDecoder(tokenizer, atStart: false).Append(blank).ToString());
    }

    [Fact]
    public void Words_of_BERT_lose_capitals_and_marks()
    {
        var values = TestVocabularies.WordPiece();
        string[] tokens = [.. (string[])values["tokenizer.ggml.tokens"], "▁cafe", "▁\u1112\u1161", "\u11ab", "ngstrom"];
        values["tokenizer.ggml.tokens"] = tokens;
        values["tokenizer.ggml.token_type"] = Enumerable.Range(0, tokens.Length).Select(id => id == 1 ? 2 : id < 5 ? 3 : 1).ToArray();
        var tokenizer = TestVocabularies.Load(values);
        Assert.Equal(["▁cafe", "▁!", "▁\u1112\u1161", "\u11ab"], Names("CAFÉ! 한"));
        Assert.Equal("▁a·ngstrom", string.Join('·', Names("Ångström")));
        Assert.Equal((2, 3, true, true), (tokenizer.BosId, tokenizer.EosId, tokenizer.AddsBos, tokenizer.AddsEos));
        string[] Names(string text) => [.. tokenizer.Encode(text).Select(tokenizer.NameOf)];
    }

    [Theory, MemberData(nameof(Kinds))]
    public void A_hostile_text_takes_linear_time(string kind)
    {
        var tokenizer = Load(kind);
        var length = LongForm.Times(100_000);
        string[] texts = [.. new[] { "a", " ", "\n", "1", "!", "é", "👩‍👩‍👧‍👦", " a\n", "<|im_end|>" }
            .Select(part => string.Concat(Enumerable.Repeat(part, length / part.Length))), new string(' ', length) + "x"];
        foreach (var text in texts)
        {
            var watch = Stopwatch.StartNew();
            var ids = tokenizer.Encode(text);
            Assert.NotEmpty(ids.Length == 0 && text.AsSpan().IsWhiteSpace() ? [0] : ids);
            TestContext.Current.TestOutputHelper!.WriteLine($"{text.Length:N0} of {(int)text[0]:x4} in {watch.ElapsedMilliseconds} ms");
            Assert.InRange(watch.Elapsed.TotalSeconds, 0, 10);
        }
    }

    public static TheoryData<string, string, object?, string> Damages => new()
    {
        { "gpt-2", "model", "t5", "known are bert, gpt2 and llama" }, { "gpt-2", "pre", "tekken", "known are bloom, command-r" },
        { "gpt-2", "model", null, "is missing" }, { "gpt-2", "tokens", Array.Empty<string>(), "is empty" },
        { "gpt-2", "tokens", new[] { "a", "a" }, "are both 'a'" }, { "gpt-2", "tokens", new[] { 1 }, "has the type" },
        { "gpt-2", "merges", new[] { "ab" }, "no pair" }, { "gpt-2", "merges", null, "is missing" },
        { "gpt-2", "token_type", new[] { 1 }, "1 entries for" }, { "gpt-2", "bos_token_id", 99_999_999u, "allowed is 0" },
        { "gpt-2", "tokens", new[] { new string('a', 2000) }, "2000 characters" },
        { "llama", "scores", null, "is missing" }, { "llama", "scores", new[] { 1f }, "1 entries for" },
        { "llama", "scores", Enumerable.Repeat(float.NaN, 5000).ToArray(), "finite" },
        { "llama", "token_type", Enumerable.Repeat(6, 5000).ToArray(), "is a byte named '<unk>'" },
        { "bert", "unknown_token_id", 99_999_999u, "allowed is 0" },
    };

    [Theory, MemberData(nameof(Damages))]
    public void A_damaged_vocabulary_is_refused_in_one_line(string kind, string key, object? value, string says)
    {
        var values = Values(kind);
        if (value is null) values.Remove($"tokenizer.ggml.{key}");
        else values[$"tokenizer.ggml.{key}"] = value;
        var fault = Assert.Throws<ModelFileException>(() => TestVocabularies.Load(values));
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
        Assert.StartsWith("test.gguf: ", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    private static Dictionary<string, object> Values(string kind) => kind switch
    {
        "llama" => TestVocabularies.SentencePiece(),
        "bert" => TestVocabularies.WordPiece(),
        _ => TestVocabularies.ByteLevel(kind),
    };

    private static Tokenizer Load(string kind) => TestVocabularies.Load(Values(kind));
}
