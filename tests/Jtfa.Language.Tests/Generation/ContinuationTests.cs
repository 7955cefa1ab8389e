using System.Text;
using System.Text.Json;
using Jtfa.Language.Decoding;
using Jtfa.Language.Generation;
using Jtfa.Language.Tests.Tokenizers;
using Jtfa.Language.Tokenizers;

namespace Jtfa.Language.Tests.Generation;

/// <summary>What becomes of logits: text, and where it ends.</summary>
public sealed class ContinuationTests
{
    private static readonly Tokenizer s_tokenizer = TestVocabularies.Load(TestVocabularies.SentencePiece());
    private static readonly GenerationOptions s_greedy = new() { Sampling = new() { Temperature = 0 } };

    [Theory]
    [InlineData("ends by itself", 100, FinishReason.Stop, "ends by itself")]
    [InlineData("is cut after so many", 5, FinishReason.Length, null)]
    [InlineData("stops before the word", 100, FinishReason.Stop, "stops before ", "the wo", "never")]
    [InlineData("only seems to st", 100, FinishReason.Stop, "only seems to st", "stop")]
    public void A_text_ends_at_its_end_a_stop_string_or_its_length(
        string text, int most, FinishReason reason, string? expected, params string[] stops)
    {
        int[] ids = [.. s_tokenizer.Encode(text), s_tokenizer.EosId!.Value];
        var continuation = new Continuation(s_tokenizer, [1], s_greedy with { MaxTokens = most, Stop = stops });
        var (said, given) = (new StringBuilder(), 0);
        while (continuation.Finish is null)
        {
            Assert.Equal((given, most - given), (continuation.Count, continuation.Left));
            var step = continuation.Accept(For(ids[given]));
            Assert.Equal([ids[given++]], step.Tokens.ToArray());
            Assert.Equal(step.Finish, continuation.Finish);
            said.Append(step.Text);
        }

        Assert.Equal(reason, continuation.Finish);
        if (expected is null) Assert.StartsWith(said.ToString(), text, StringComparison.Ordinal);
        else Assert.Equal(expected, said.ToString());
        if (expected is null) Assert.Equal(most, continuation.Count);
        Assert.Throws<InvalidOperationException>(() => continuation.Accept(For(5)).Finish);
    }

    [Fact]
    public void A_text_after_others_keeps_its_first_blank_and_penalties_know_the_prompt()
    {
        var blank = s_tokenizer.Find("▁")!.Value;
        Assert.Equal("", new Continuation(s_tokenizer, [1], s_greedy).Accept(For(blank)).Text.ToString());
        int[] prompt = [1, .. s_tokenizer.Encode("a")];
        Assert.Equal(" ", new Continuation(s_tokenizer, prompt, s_greedy).Accept(For(blank)).Text.ToString());
        var penalised = s_greedy with { Sampling = new() { Temperature = 0, PresencePenalty = 100 } };
        Assert.NotEqual(prompt[1], new Continuation(s_tokenizer, prompt, penalised).Accept(For(prompt[1])).Tokens[0]);
        Assert.Equal(blank, new Continuation(s_tokenizer, prompt, penalised).Accept(For(blank)).Tokens[0]);
    }

    [Fact]
    public void A_draft_is_taken_up_to_what_differs_or_ends_the_text()
    {
        int[] ids = [.. s_tokenizer.Encode("as drafted"), 2], wrong = [ids[0], ids[1], 7];
        float[] rows = [.. ids[..4].SelectMany(For)];
        var speculation = new SpeculativeSampler(s_tokenizer.VocabularySize, s_tokenizer.IsEndOfGeneration);
        Continuation Begin(int most, params string[] stops) => new(s_tokenizer, [1], s_greedy with { MaxTokens = most, Stop = stops });
        Assert.Equal(ids[..4], Begin(9).Accept(rows, ids.AsSpan(0, 3), [], speculation).Tokens.ToArray());
        Assert.Equal(ids[..3], Begin(9).Accept(rows, wrong, [], speculation).Tokens.ToArray());
        var cut = Begin(2).Accept(rows, ids.AsSpan(0, 3), [], speculation);
        Assert.Equal((2, FinishReason.Length), (cut.Tokens.Length, cut.Finish!.Value));
        var stopped = Begin(9, "as").Accept(rows, ids.AsSpan(0, 3), [], speculation);
        Assert.Equal(("", FinishReason.Stop), (stopped.Text.ToString(), stopped.Finish!.Value));
        float[] ending = [.. For(ids[0]), .. For(2), .. For(7)];
        var ended = Begin(9).Accept(ending, [ids[0], 2], [], speculation);
        Assert.Equal((2, FinishReason.Stop), (ended.Tokens.Length, ended.Finish!.Value));
    }

    [Fact]
    public void A_text_is_the_document_that_was_asked_for()
    {
        var schema = """{ "type": "object", "properties": { "n": { "type": "integer" } }, "required": ["n"] }""";
        var masks = new JsonMasks(JsonGrammar.Parse(schema), VocabularyTrie.Of(s_tokenizer));
        var random = new Random(3);
        for (var times = 0; times < 20; times++)
        {
            var continuation = new Continuation(
                s_tokenizer, [1], new() { Sampling = new() { Seed = (ulong)times }, MaxTokens = 400 }, masks);
            var said = new StringBuilder();
            while (continuation.Finish is null) said.Append(continuation.Accept(Noise(random)).Text);
            Assert.Equal(FinishReason.Stop, continuation.Finish);
            Assert.Equal(JsonValueKind.Number, JsonDocument.Parse(said.ToString()).RootElement.GetProperty("n").ValueKind);
        }
    }

    [Fact]
    public void Log_probabilities_are_the_models_own()
    {
        var continuation = new Continuation(s_tokenizer, [1], s_greedy with { LogProbabilities = 3 });
        var logits = Noise(new Random(1));
        var chosen = continuation.Accept(logits).Tokens[0];
        var told = Assert.Single(continuation.LogProbabilities);
        var total = Math.Log(logits.Sum(logit => Math.Exp(logit)));
        Assert.Equal((chosen, chosen, 3), (told.Chosen.Id, told.Top[0].Id, told.Top.Count));
        Assert.Equal(logits[chosen] - total, told.Chosen.Value, 9);
        Assert.Equal(logits.OrderDescending().ElementAt(2) - total, told.Top[2].Value, 9);
    }

    [Fact]
    public void A_step_allocates_nothing()
    {
        // Neither an end nor bytes, which are no text where they come at random: the platform's decoder allocates for each of those.
        var forbidden = Enumerable.Range(2, 257).ToDictionary(id => id, _ => double.NegativeInfinity);
        var sampling = new SamplingOptions { TopP = 0.9, FrequencyPenalty = 0.1, Seed = 1, LogitBias = forbidden };
        var continuation = new Continuation(s_tokenizer, [1], new() { Sampling = sampling, MaxTokens = 3000, Stop = ["\0\0"] });
        var logits = Noise(new Random(1));
        for (var step = 0; step < 1100; step++) continuation.Accept(logits); // lists grow at powers of two
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var step = 0; step < 900; step++) continuation.Accept(logits);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void What_is_wrong_is_said()
    {
        void Refused(GenerationOptions options, string fault) =>
            Assert.Contains(
                fault, Assert.Throws<ArgumentException>(() => new Continuation(s_tokenizer, [1], options)).Message,
                StringComparison.Ordinal);
        Refused(new() { MaxTokens = 0 }, "MaxTokens=0: allowed is 1 or more");
        Refused(new() { Stop = ["a", ""] }, "Stop: one is empty");
        Refused(new() { LogProbabilities = -1 }, "LogProbabilities=-1: allowed is 0 … 1024");
        Refused(new() { Sampling = new() { TopP = 2 } }, "Sampling.TopP=2: allowed is 0 … 1");
    }

    // Logits whose largest is an id's.
    private static float[] For(int id)
    {
        var logits = new float[s_tokenizer.VocabularySize];
        logits[id] = 9;
        return logits;
    }

    private static float[] Noise(Random random) =>
        [.. Enumerable.Range(0, s_tokenizer.VocabularySize).Select(_ => random.NextSingle() * 4)];
}
