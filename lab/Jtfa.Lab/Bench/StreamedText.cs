using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;

namespace Jtfa.Lab.Bench;

/// <summary>When a text's pieces came to their reader, from the moment when it was asked for.</summary>
/// <param name="First">The first.</param>
/// <param name="Last">The last.</param>
/// <param name="Tokens">Text tokens.</param>
internal readonly record struct TextTimes(TimeSpan First, TimeSpan Last, int Tokens)
{
    /// <summary>Milliseconds to the first (TTFT).</summary>
    public double FirstMs => First.TotalMilliseconds;

    /// <summary>Milliseconds a text token after the first (TPOT).</summary>
    public double PerTokenMs => (Last - First).TotalMilliseconds / (Tokens - 1);

    /// <summary>Of pieces as they come.</summary>
    public static async Task<TextTimes> OfAsync<T>(IAsyncEnumerable<T> pieces, long asked, int tokens)
    {
        TimeSpan? first = null;
        var last = TimeSpan.Zero;
        await foreach (var _ in pieces)
        {
            last = Stopwatch.GetElapsedTime(asked);
            first ??= last;
        }

        return new(first ?? throw new InvalidOperationException("A text came without a piece."), last, tokens);
    }
}

/// <summary>A text that a silo tells over HTTP.</summary>
internal static class StreamedText
{
    /// <summary>Asks for it, and gives its events as they come, the last one (<c>[DONE]</c>) left out.</summary>
    /// <exception cref="HttpRequestException">The silo refused it, or it broke off.</exception>
    public static async IAsyncEnumerable<string> ReadAsync(
        HttpClient client, JsonObject body, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = JsonContent.Create(body) };
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!answer.IsSuccessStatusCode)
            throw new HttpRequestException($"The silo answers {await answer.Content.ReadAsStringAsync(cancellationToken)}");
        var events = SseParser.Create(await answer.Content.ReadAsStreamAsync(cancellationToken)).EnumerateAsync(cancellationToken);
        var isWhole = false;
        await foreach (var one in events)
        {
            isWhole = one.Data == "[DONE]";
            if (!isWhole) yield return one.Data;
        }

        if (!isWhole) throw new HttpRequestException("A text broke off.");
    }
}
