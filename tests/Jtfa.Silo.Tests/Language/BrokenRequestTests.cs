using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Jtfa.Silo.Tests.Ingress;
using Jtfa.Testing.Fuzzing;

namespace Jtfa.Silo.Tests.Language;

/// <summary>Requests of every kind with broken bodies and names: each gets a clear answer, and nothing is left of it.</summary>
[Collection(WholeSilo.Name)]
public sealed class BrokenRequestTests(LanguageSilo silo, ITestOutputHelper output) : IClassFixture<LanguageSilo>
{
    private static readonly byte[][] s_completions = Bodies(
        """{"model":"short","prompt":"Once","max_tokens":3,"temperature":1,"seed":5,"logit_bias":{"2":-100},"stream":false}""",
        """{"model":"short","prompt":"Once upon","max_tokens":3,"stream":true,"stream_options":{"include_usage":true},"logprobs":2}""",
        """{"model":"short","prompt":[1,17,40,250],"max_tokens":2,"top_k":3,"min_p":0.1,"repeat_penalty":1.1,"stop":"e","user":"u"}""");

    private static readonly byte[][] s_chats = Bodies(
        """
        {"model":"short","max_tokens":3,"messages":[{"role":"system","content":"a"},{"role":"user","content":[{"type":"text",
        "text":"b"}]}],"logprobs":true,"top_logprobs":2,"stop":["x","y"],"seed":-3,"logit_bias":{"5":-1.5},"top_p":0.9,
        "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],"tool_choice":"auto"}
        """,
        """
        {"model":"short","max_tokens":3,"messages":[{"role":"user","content":"b \ud83d\ude00"}],"response_format":{"type":
        "json_schema","json_schema":{"name":"s","schema":{"type":"object","properties":{"a":{"type":"integer"}}}}}}
        """,
        """
        {"model":"short","max_completion_tokens":2,"messages":[{"role":"user","content":"b"}],"stream":true,"chat_template_kwargs":
        {"x":1},"presence_penalty":0.5,"frequency_penalty":-0.5,"prompt_cache_key":"k","n":1}
        """);

    private static readonly byte[][] s_embeddings = Bodies(
        """{"model":"encoder","input":["A silo","b"],"encoding_format":"base64"}""",
        """{"model":"encoder","input":"A tower","encoding_format":"float","user":"u"}""");

    private static readonly byte[][] s_tokenize = Bodies(
        """{"model":"short","content":"Silo née 42","add_special":true,"parse_special":false,"with_pieces":true}""");

    private static readonly byte[][] s_detokenize = Bodies("""{"model":"short","tokens":[1,17,40,250,299]}""");

    private static readonly byte[][] s_names = Bodies("short", "encoder", "no such", "%2e%2e/short", "short/load", new string('n', 300));

    private static readonly string[] s_odd =
    [
        "0", "-1", "1", "2", "0.5", "-0.0", "1e308", "1e-308", "2147483648", "9223372036854775808", "18446744073709551615", "true", "false",
        "\"\"", "\"a\"", "\"none\"", "\"required\"", "\"\\u0000\"", "\"\\ud83d\\ude00\"", "\"{{ 1/0 }}\"", "[]", "{}", "[[]]", "[null]",
        "[\"a\",\"\"]", "[1,2,3]", "[-1]", "[1e9]", "{\"a\":1}", "{\"type\":\"text\"}", "{\"type\":\"json_object\"}",
        "{\"enum\":[]}", "{\"$ref\":\"#\"}", "{\"pattern\":\"(a*)*$\",\"type\":\"string\"}", "{\"minLength\":1e9}",
        "{\"allOf\":[false]}", $"\"{new string('x', 3000)}\"",
    ];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 1_800_000)]
    public async Task Each_gets_a_clear_answer()
    {
        var answers = new ConcurrentDictionary<(string Way, int Status), int>();
        var count = LongForm.IsAsked ? 100_000 : 2_000;
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Cancel }, async (i, stop) =>
        {
            using var request = Request(i, out var way);
            using var answer = await silo.Client.SendAsync(request, stop);
            var (status, text) = ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(stop));
            answers.AddOrUpdate((way, status), 1, (_, before) => before + 1);
            Assert.True(status is 200 or 400 or 404 or 405 or 413 or 429, $"{i}, {way}: {status} {text}");
            if (status == 200) AssertWhole(text, answer.Content.Headers.ContentType?.MediaType, $"{i}, {way}: {text}");
            else if (status != 405) Assert.False(string.IsNullOrWhiteSpace(FaultOf(text)), $"{i}, {way}: {status} {text}");
        });
        await silo.UntilFreeAsync(LanguageSilo.Brief);
        foreach (var ((way, status), times) in answers.OrderBy(one => one.Key)) output.WriteLine($"{way}: {times} × {status}");
        foreach (var way in answers.Keys.Select(key => key.Way).Distinct())
            Assert.True(answers.ContainsKey((way, 200)), $"{way}: no request was whole");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_name_with_half_a_character_is_refused_like_a_text_with_it()
    {
        foreach (var message in (string[])["""{"role":"user","conten\ud83d\t":"b"}""", """{"role":"user","content":"b\ud83d"}"""])
        {
            using var body = new StringContent($"{{\"model\":\"short\",\"messages\":[{message}]}}", Encoding.UTF8, "application/json");
            using var answer = await silo.Client.PostAsync("/v1/chat/completions", body, Cancel);
            Assert.Equal(400, (int)answer.StatusCode);
            Assert.Contains("surrogate", FaultOf(await answer.Content.ReadAsStringAsync(Cancel)), StringComparison.Ordinal);
        }
    }

    private static HttpRequestMessage Request(int number, out string way)
    {
        // The HTTP server itself refuses a path with NUL, and says nothing more than 400.
        var name = Uri.EscapeDataString(Encoding.Latin1.GetString(Mutation.Of(s_names, number)).Replace('\0', '0'));
        (way, var method, var url, var bodies) = (number % 16) switch
        {
            < 5 => ("completions", HttpMethod.Post, "/v1/completions", s_completions),
            < 10 => ("chat", HttpMethod.Post, "/v1/chat/completions", s_chats),
            10 => ("embeddings", HttpMethod.Post, "/v1/embeddings", s_embeddings),
            11 => ("tokenize", HttpMethod.Post, "/tokenize", s_tokenize),
            12 => ("detokenize", HttpMethod.Post, "/detokenize", s_detokenize),
            13 => ("model", HttpMethod.Get, $"/v1/models/{(number % 32 == 13 ? LanguageSilo.Brief : name)}", null),
            14 => ("load", HttpMethod.Post, $"/v1/models/{(number % 32 == 14 ? LanguageSilo.Brief : name)}/load", s_detokenize),

            // Texts of a model that is unloaded end with 503: this one has none.
            _ => ("unload", HttpMethod.Post, $"/v1/models/{(number % 32 == 15 ? LanguageSilo.Narrow : $"x{name}")}/unload", s_detokenize),
        };
        var request = new HttpRequestMessage(method, url);
        if (bodies is null) return request;
        request.Content = new ByteArrayContent((number / 16 % 8) switch
        {
            0 => bodies[number / 128 % bodies.Length],
            < 4 => Mutation.Of(bodies, number),
            _ => Odd(bodies, new Random(number)),
        });
        request.Content.Headers.ContentType = new("application/json");
        return request;
    }

    // A body that is JSON, with odd values for some of its members, or without them.
    private static byte[] Odd(byte[][] bodies, Random random)
    {
        var body = JsonNode.Parse(bodies[random.Next(bodies.Length)])!;
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = body;
            while (at is JsonObject or JsonArray)
            {
                var members = at is JsonObject named ? named.Select(member => member.Value).ToList() : [.. at.AsArray()];
                if (members.Count == 0) break;
                var chosen = random.Next(members.Count);
                if (members[chosen] is JsonObject or JsonArray && random.Next(3) > 0)
                {
                    at = members[chosen]!;
                    continue;
                }

                var odd = random.Next(8) == 0 ? null : JsonNode.Parse(s_odd[random.Next(s_odd.Length)]);
                if (at is JsonArray array) array[chosen] = odd;
                else if (random.Next(4) == 0) at.AsObject().RemoveAt(chosen);
                else at.AsObject().SetAt(chosen, odd);
                break;
            }
        }

        return Encoding.UTF8.GetBytes(body.ToJsonString());
    }

    // An answer that says 200 is a JSON object without an error, or a stream of them that comes to its end.
    private static void AssertWhole(string text, string? type, string said)
    {
        if (type == "text/event-stream")
        {
            var events = text.Split("\n\n").Where(one => one.StartsWith("data: ", StringComparison.Ordinal))
                .Select(one => one["data: ".Length..]).ToList();
            Assert.True(events is [_, .., "[DONE]"], said);
            Assert.All(events[..^1], one => Assert.Null(JsonNode.Parse(one)!["error"]));
            return;
        }

        Assert.Equal("application/json", type);
        Assert.True(JsonNode.Parse(text) is JsonObject answer && answer["error"] is null, said);
    }

    // OpenAI's shape; what no endpoint of it got has problem details.
    private static string? FaultOf(string text)
    {
        try
        {
            var answer = JsonNode.Parse(text)!;
            return (string?)answer["error"]?["message"] ?? (string?)answer["title"];
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static byte[][] Bodies(params string[] bodies) => [.. bodies.Select(Encoding.UTF8.GetBytes)];
}
