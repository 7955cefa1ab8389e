using System.Text.Json;
using System.Text.Json.Nodes;
using Jtfa.Client.Tests.Stage;
using Microsoft.Extensions.AI;

namespace Jtfa.Client.Tests.Language;

/// <summary>What a chat sends by HTTP, and what it makes of answers that a silo gives seldom.</summary>
public sealed class HttpChatTests
{
    private const string Begin = """
        data: {"id":"a","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"}}]}

        :

        data: {"id":"a","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":null}]}


        """;

    private const string End = """
        data: {"id":"a","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

        data: [DONE]


        """;

    private readonly TimedClock _clock = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task A_busy_silo_is_asked_the_same_again_when_it_says()
    {
        await using var server = await ScriptedServer.StartAsync(Answer.Status(429, "2"), Events(Begin + End));
        using var client = Client(server);
        var options = new ChatOptions
        {
            Temperature = 0.7f,
            Seed = -3,
            StopSequences = ["."],
            ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse("""{"type":"string"}""")),
            Tools = [AIFunctionFactory.CreateDeclaration("f", "F.", JsonElement.Parse("""{"type":"object"}"""))],
            ToolMode = ChatToolMode.RequireSpecific("f"),
            AdditionalProperties = new() { ["min_p"] = 0.1, ["user"] = "ann" },
        };
        ChatMessage[] messages =
        [
            new(ChatRole.User, "Hi"),
            new(ChatRole.Assistant, [new FunctionCallContent("1", "f", new Dictionary<string, object?> { ["x"] = 2 })]),
            new(ChatRole.Tool, [new FunctionResultContent("1", new { Is = true })]),
        ];
        var asking = client.GetChatClient("m").GetResponseAsync(messages, options, Cancel);

        Assert.Equal(TimeSpan.FromSeconds(2), await _clock.PassAsync());
        var said = await asking;
        Assert.Equal(("Hello", "a", "m", ChatFinishReason.Stop), (said.Text, said.ResponseId, said.ModelId, said.FinishReason));
        var (first, second) = (await server.Requests.ReadAsync(Cancel), await server.Requests.ReadAsync(Cancel));
        Assert.Equal(first, second);
        Assert.Equal(("POST", "/v1/chat/completions", "Bearer secret"), (first.Method, first.Path, first.Authorization));
        var expected = JsonNode.Parse("""
            {
              "model": "m", "stream": true, "stream_options": {"include_usage": true}, "temperature": 0.7, "seed": -3, "stop": ["."],
              "min_p": 0.1, "user": "ann",
              "messages": [
                {"role": "user", "content": "Hi"},
                {"role": "assistant", "content": "", "tool_calls": [
                  {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{\"x\":2}"}}]},
                {"role": "tool", "content": "{\"is\":true}", "tool_call_id": "1"}
              ],
              "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "string"}}},
              "tools": [{"type": "function", "function": {"name": "f", "description": "F.", "parameters": {"type": "object"}}}],
              "tool_choice": {"type": "function", "function": {"name": "f"}}
            }
            """);
        Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(first.Body)), first.Body);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("", "broke the text off")]
    [InlineData("data: {\"error\":{\"message\":\"The silo stops.\"}}\n\n", "The silo stops.")]
    [InlineData("data: no JSON\n\n", "no JTFA silo")]
    public async Task A_text_without_its_end_is_no_answer(string end, string message)
    {
        await using var server = await ScriptedServer.StartAsync(Events(Begin + end));
        using var client = Client(server);
        var told = "";
        var fault = await Assert.ThrowsAsync<JtfaUnavailableException>(async () =>
        {
            await foreach (var update in client.GetChatClient("m").GetStreamingResponseAsync("Hi", cancellationToken: Cancel))
                told += update.Text;
        });
        Assert.Equal("Hello", told);
        Assert.Contains(message, fault.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_model_that_takes_long_to_load_is_waited_for()
    {
        static object Model(string state) => new { status = new { name = "m", state } };
        await using var server = await ScriptedServer.StartAsync(
            Answer.Status(503), Answer.Json(Model("Loading")), Answer.Json(Model("Loaded")));
        using var client = Client(server);
        var loading = client.LoadModelAsync("m", Cancel);
        await _clock.PassAsync();
        Assert.Equal(Interfaces.ModelState.Loaded, (await loading).State);
        Assert.Equal("/v1/models/m/load", (await server.Requests.ReadAsync(Cancel)).Path);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_model_that_cannot_be_loaded_is_asked_for_once()
    {
        await using var server = await ScriptedServer.StartAsync(
            Answer.Text("""{"error":{"message":"No room."}}""", "application/json", 503),
            Answer.Json(new { status = new { name = "m", state = "Failed" } }));
        using var client = Client(server);
        var fault = await Assert.ThrowsAsync<JtfaUnavailableException>(() => client.LoadModelAsync("m", Cancel));
        Assert.Contains("No room.", fault.Message);
        Assert.Equal(2, server.Requests.Count);
    }

    private static Func<Microsoft.AspNetCore.Http.HttpContext, Task> Events(string text) => Answer.Text(text, "text/event-stream");

    private HttpJtfaClient Client(ScriptedServer server) =>
        new(server.Address, new HttpJtfaOptions { Clock = _clock, RequestTimeout = Timeout.InfiniteTimeSpan, Token = "secret" });
}
