using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using Jtfa.Language.Generation;
using Jtfa.Silo.Tests.Ingress;

namespace Jtfa.Silo.Tests.Language;

/// <summary>
/// Conversations of many owners at once, over HTTP: all begin alike, each has a secret of its own, some of their texts are cut, and pages
/// are so few that they go from one to the other all the time.
/// </summary>
[Collection(WholeSilo.Name)]
public sealed class ConversationTests(LanguageSilo silo) : IClassFixture<LanguageSilo>
{
    private const int Owners = 10;
    private const int Turns = 4;
    private const string Begin = "All of these conversations begin alike and this is how they begin. ";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Nothing_of_one_reaches_another()
    {
        var told = new ConcurrentBag<(int Owner, string Text)>();
        var cached = await Task.WhenAll(Enumerable.Range(0, Owners).Select(owner => TalkAsync(owner, told)));
        foreach (var (owner, text) in told)
            for (var other = 0; other < Owners; other++)
                if (other != owner) Assert.DoesNotContain(SecretOf(other), text, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(Owners * Turns, told.Count);
        Assert.True(cached.Sum() > 0, "no page was shared at all");
        await silo.UntilFreeAsync(LanguageSilo.Tight);
    }

    // Returns how many text tokens of its prompts were given.
    private async Task<int> TalkAsync(int owner, ConcurrentBag<(int Owner, string Text)> told)
    {
        var (random, prompt, known, cached) = (new Random(owner), $"{Begin}{SecretOf(owner)} ", 0, 0);
        for (var turn = 0; turn < Turns; turn++)
        {
            var options = new GenerationOptions
            {
                MaxTokens = random.Next(20, 60),
                LogProbabilities = 3,
                Sampling = new()
                {
                    Temperature = 1,
                    Seed = (ulong)((owner * Turns) + turn),
                    LogitBias = new Dictionary<int, double> { [2] = -100 },
                },
            };
            var body = Body(prompt, options, owner);
            var isCut = random.Next(2) == 0;
            if (isCut) await CutAsync(body, random.Next(1, 12));
            var answer = await silo.PostAsync("/v1/completions", body);
            var (choice, usage) = (answer["choices"]![0]!, answer["usage"]!);
            var expected = await silo.PiecesAloneAsync(prompt, options);

            // Not a bit of its numbers differs from those of a text that is alone in the world.
            Assert.Equal(string.Concat(expected.Select(piece => piece.Text)), (string)choice["text"]!);
            Assert.Equal(
                expected.Select(piece => piece.LogProbability!.Chosen.Value),
                choice["logprobs"]!["token_logprobs"]!.AsArray().Select(chance => (double)chance!));

            // Others have had the same begin: pages are given of what this owner had computed, and of nothing else.
            var given = (int)usage["prompt_tokens_details"]!["cached_tokens"]!;
            Assert.InRange(given, 0, isCut ? (int)usage["prompt_tokens"]! : known);
            (known, cached) = ((int)usage["total_tokens"]!, cached + given);
            told.Add((owner, answer.ToJsonString()));
            prompt += $"{(string)choice["text"]!} {SecretOf(owner)} ";
        }

        return cached;
    }

    // A secret of letters that a text of the same length has by chance once in 26^12 times.
    private static string SecretOf(int owner)
    {
        var random = new Random(1000 + owner);
        return string.Concat(Enumerable.Range(0, 12).Select(_ => (char)('a' + random.Next(26))));
    }

    private static JsonObject Body(string prompt, GenerationOptions options, int owner) => new()
    {
        ["model"] = LanguageSilo.Tight,
        ["prompt"] = prompt,
        ["max_tokens"] = options.MaxTokens,
        ["logprobs"] = options.LogProbabilities,
        ["temperature"] = 1,
        ["seed"] = options.Sampling.Seed,
        ["logit_bias"] = new JsonObject { ["2"] = -100 },
        ["user"] = $"owner{owner}",
    };

    private async Task CutAsync(JsonObject body, int after)
    {
        var streamed = body.DeepClone();
        streamed["stream"] = true;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = JsonContent.Create(streamed) };
        using var answer = await silo.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        await foreach (var _ in SseParser.Create(await answer.Content.ReadAsStreamAsync(Cancel)).EnumerateAsync(Cancel))
            if (--after == 0) return;
    }
}
