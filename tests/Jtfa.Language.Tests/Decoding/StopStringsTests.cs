using System.Text;
using Jtfa.Language.Decoding;

namespace Jtfa.Language.Tests.Decoding;

/// <summary>Stop strings in text that comes in pieces.</summary>
public sealed class StopStringsTests
{
    [Fact]
    public void However_a_text_is_cut_it_ends_before_the_first_stop_string()
    {
        var random = new Random(1);
        string[] letters = ["a", "b", "ab", "é", "→", "🙂"];
        string Text(int length) => string.Concat(Enumerable.Range(0, length).Select(_ => letters[random.Next(letters.Length)]));
        var stoppedTexts = 0;
        for (var times = 0; times < 5000; times++)
        {
            var text = Text(random.Next(30));
            string[] stops = [.. Enumerable.Range(0, random.Next(4)).Select(_ => Text(random.Next(1, 5)))];
            var stopper = new StopStrings(stops);
            var (given, bytes) = (new StringBuilder(), Encoding.UTF8.GetBytes(text));
            for (var at = 0; at < bytes.Length;)
            {
                var length = Math.Min(random.Next(1, 6), bytes.Length - at);
                given.Append(stopper.Append(bytes.AsSpan(at, length)));
                at += length;
                // What is given is never taken back, and what is held back could still become a stop string or is no whole character.
                var held = bytes.AsSpan(0, at).ToArray()[Encoding.UTF8.GetByteCount(given.ToString())..];
                if (!stopper.IsStopped && held.Length > 3)
                    Assert.Contains(stops, stop => Encoding.UTF8.GetBytes(stop).AsSpan().StartsWith(held));
            }
            given.Append(stopper.End());
            var expected = Plain(text, stops);
            Assert.Equal(expected, given.ToString());
            Assert.Equal(expected != text, stopper.IsStopped);
            if (stopper.IsStopped) stoppedTexts++;
        }
        Assert.InRange(stoppedTexts, 1000, 4000);

        static string Plain(string text, string[] stops)
        {
            for (var end = 1; end <= text.Length; end++)
            {
                var longest = stops.Where(stop => text.AsSpan(0, end).EndsWith(stop, StringComparison.Ordinal)).MaxBy(stop => stop.Length);
                if (longest is not null) return text[..(end - longest.Length)];
            }
            return text;
        }
    }

    [Fact]
    public void A_character_waits_for_its_last_byte_and_bad_bytes_become_the_replacement_character()
    {
        var stopper = new StopStrings([]);
        Assert.Equal("", stopper.Append([0xF0, 0x9F]).ToString());
        Assert.Equal("🙂x", stopper.Append([0x99, 0x82, (byte)'x']).ToString());
        Assert.Equal("\uFFFDy", stopper.Append([0xC3, (byte)'y']).ToString());
        Assert.Equal("", stopper.Append([0xE2, 0x86]).ToString());
        Assert.Equal("\uFFFD", stopper.End().ToString());
        Assert.Throws<ArgumentException>(() => new StopStrings(["a", ""]));
    }
}
