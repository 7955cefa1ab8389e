using System.Diagnostics;
using Jtfa.Language.Files;
using Jtfa.Language.Tokenizers;

namespace Jtfa.Language.Tests.Tokenizers;

/// <summary>Vocabularies with anything in them: refused in one line, or good for texts; never a crash or a hang.</summary>
public sealed class HostileVocabularyTests
{
    private const string Text = "Hello, 世界 <s> the\n\u0000 naïve  👩‍👩‍👧 12345 !!";

    [Theory, InlineData("llama"), InlineData("gpt-2"), InlineData("llama-bpe"), InlineData("bert")]
    public void Anything_is_refused_in_one_line_or_used(string kind)
    {
        var whole = kind switch
        {
            "llama" => TestVocabularies.SentencePiece(),
            "bert" => TestVocabularies.WordPiece(),
            _ => TestVocabularies.ByteLevel(kind),
        };
        var (refused, count, slowest) = (0, LongForm.Times(40), TimeSpan.Zero);
        for (var number = 0; number < count; number++)
        {
            var random = new Random(number);
            Dictionary<string, object> values = new(whole);
            for (var changes = random.Next(1, 4); changes > 0; changes--) Damage(values, random);
            var watch = Stopwatch.StartNew();
            try
            {
                var tokenizer = TestVocabularies.Load(values);
                foreach (var id in tokenizer.Encode(Text, parseSpecial: number % 2 == 0))
                {
                    Assert.InRange(id, 0, tokenizer.VocabularySize - 1);
                    Assert.InRange(tokenizer.BytesOf(id).Length, 0, 8192);
                }

                var decoder = new TextDecoder(tokenizer);
                for (var id = 0; id < tokenizer.VocabularySize; id += 97) decoder.Append(id);
            }
            catch (ModelFileException fault)
            {
                refused++;
                Assert.DoesNotContain(fault.Message, char.IsControl);
                Assert.InRange(fault.Message.Length, 1, 300);
            }

            if (watch.Elapsed > slowest) slowest = watch.Elapsed;
        }

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{kind}: {refused} of {count} refused, the slowest took {slowest.TotalMilliseconds:F0} ms");
        Assert.InRange(refused, count / 5, count - 1);
        Assert.InRange(slowest, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    private static void Damage(Dictionary<string, object> values, Random random)
    {
        string[] keys =
            [.. values.Keys.Where(key => key.StartsWith("tokenizer.ggml.", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        var key = keys[random.Next(keys.Length)];
        switch (values[key], random.Next(8))
        {
            case (_, 0): values.Remove(key); break;
            case (_, 1): values[key] = random.Next(3) switch { 0 => 1.5f, 1 => "x", _ => new[] { true } }; break; // of another type
            case (string[] texts, 2): values[key] = texts[..random.Next(texts.Length)]; break;
            case (string[] texts, 3): values[key] = texts.Concat(texts).ToArray(); break; // each twice
            case (string[] texts, _): values[key] = Changed(texts, random, () => Odd(texts, random)); break;
            case (int[] kinds, 2): values[key] = kinds[..random.Next(kinds.Length)]; break;
            case (int[] kinds, _):
                values[key] = Changed(kinds, random, () => random.Next(4) == 0 ? int.MinValue : random.Next(-1, 9));
                break;
            case (float[] scores, 2): values[key] = scores[..random.Next(scores.Length)]; break;
            case (float[] scores, _):
                values[key] = Changed(scores, random, () => random.Next(9) == 0 ? float.NaN : (float)Math.Pow(10, random.Next(38)));
                break;
            case (uint, _): values[key] = random.Next(3) == 0 ? uint.MaxValue : (uint)random.Next(100_000); break;
            case (bool flag, _): values[key] = !flag; break;
            default: values[key] = Odd(["llama", "gpt2", "bert"], random); break;
        }
    }

    private static T[] Changed<T>(T[] whole, Random random, Func<T> next)
    {
        if (whole.Length == 0) return whole;
        var changed = (T[])whole.Clone();
        for (var times = 1 << random.Next(12); times > 0; times--) changed[random.Next(changed.Length)] = next();
        return changed;
    }

    // Texts as files of others may have them; bytes that are no UTF-8 are read as U+FFFD.
    private static string Odd(string[] others, Random random) => random.Next(others.Length == 0 ? 8 : 9) switch
    {
        0 => "",
        1 => "\ufffd\ufffd",
        2 => "\ud800", // half of a pair, which no file has
        3 => new string('a', random.Next(3000)),
        4 => " ",
        5 => "a a a a",
        6 => $"<0x{random.Next(300):X2}>",
        7 => "\n\u0000\u202e",
        _ => others[random.Next(others.Length)] + others[random.Next(others.Length)],
    };
}
