using System.Diagnostics;

namespace Jtfa.Lab.Bench;

/// <summary>What readers of texts got.</summary>
internal sealed record TextLoad(long Texts, long Tokens, double Seconds);

/// <summary>Readers of a silo's texts, each of which asks for the next when it has one: a bench's load, in a process of its own.</summary>
internal static class TextReaders
{
    private const int Prompt = 64;
    private const int Answer = 192;

    /// <summary>Reads until it is cancelled.</summary>
    /// <param name="server">The silo's URL.</param>
    /// <param name="model">The model's name there.</param>
    /// <param name="file">The model's file, of which the prompts are.</param>
    /// <param name="readers">How many.</param>
    /// <param name="end">Ends it.</param>
    /// <exception cref="HttpRequestException">The silo refused a text.</exception>
    public static async Task<TextLoad> RunAsync(Uri server, string model, string file, int readers, CancellationToken end)
    {
        using var client = new HttpClient { BaseAddress = server, Timeout = Timeout.InfiniteTimeSpan };
        var (texts, clock, ended, pieces) = (BenchTexts.Of(file), Stopwatch.StartNew(), 0L, 0L);
        await Task.WhenAll(Enumerable.Range(0, readers).Select(async reader =>
        {
            var random = new Random(reader);
            try
            {
                while (true)
                {
                    var body = BenchTexts.BodyOf(texts.Draw(random, Prompt, Answer), model);
                    await foreach (var _ in StreamedText.ReadAsync(client, body, end)) Interlocked.Increment(ref pieces);
                    Interlocked.Increment(ref ended);
                }
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                // The bench is over.
            }
        }));
        return new(ended, pieces, clock.Elapsed.TotalSeconds);
    }
}
