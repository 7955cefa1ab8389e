using System.ClientModel;
using System.Text;
using System.Text.Json.Nodes;
using Jtfa.Language.Models;
using Jtfa.Silo.Tests.Ingress;
using OpenAI;
using OpenAI.Chat;

namespace Jtfa.Silo.Tests.Language;

/// <summary>OpenAI's own client for .NET is served as by OpenAI.</summary>
[Collection(WholeSilo.Name)]
public sealed class OpenAIClientTests(LanguageSilo silo) : IClassFixture<LanguageSilo>
{
    private static readonly ChatMessage[] s_messages = [new SystemChatMessage("Be short."), new UserChatMessage("What is a silo?")];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private OpenAIClient Client => new(
        new ApiKeyCredential("any"), new OpenAIClientOptions { Endpoint = new Uri(silo.Client.BaseAddress!, "v1") });

    private ChatClient Chat => Client.GetChatClient(LanguageSilo.Model);

    [Fact(Timeout = 60_000)]
    public async Task A_chat_says_the_same_streamed_and_whole_and_as_the_library_does()
    {
        var options = Options();
        ChatCompletion whole = await Chat.CompleteChatAsync(s_messages, options, Cancel);
        var streamed = new StringBuilder();
        ChatTokenUsage? usage = null;
        ChatFinishReason? finish = null;
        await foreach (var update in Chat.CompleteChatStreamingAsync(s_messages, Options(), Cancel))
        {
            foreach (var part in update.ContentUpdate) streamed.Append(part.Text);
            usage ??= update.Usage;
            finish ??= update.FinishReason;
        }

        // The model has no template of its own, so it is given ChatML.
        var alone = await silo.AloneAsync(
            "<|im_start|>system\nBe short.<|im_end|>\n<|im_start|>user\nWhat is a silo?<|im_end|>\n<|im_start|>assistant\n",
            new()
            {
                MaxTokens = 40,
                Sampling = new() { Temperature = 0.7, Seed = 7, LogitBias = new Dictionary<int, double> { [2] = -100 } },
            });

        Assert.Equal(alone, whole.Content[0].Text);
        Assert.Equal(alone, streamed.ToString());
        Assert.Equal((ChatFinishReason.Length, ChatFinishReason.Length), (whole.FinishReason, finish));
        Assert.Equal((40, whole.Usage.InputTokenCount), (usage!.OutputTokenCount, usage.InputTokenCount));
        Assert.Equal(40, whole.Usage.OutputTokenCount);
        Assert.NotEmpty(whole.Content[0].Text);
    }

    [Fact(Timeout = 60_000)]
    public async Task Probabilities_are_told_for_each_text_token()
    {
        var options = Options();
        (options.IncludeLogProbabilities, options.TopLogProbabilityCount) = (true, 3);
        ChatCompletion whole = await Chat.CompleteChatAsync(s_messages, options, Cancel);

        Assert.Equal(40, whole.ContentTokenLogProbabilities.Count);
        Assert.All(whole.ContentTokenLogProbabilities, one => Assert.Equal(3, one.TopLogProbabilities.Count));
        Assert.All(whole.ContentTokenLogProbabilities, one => Assert.InRange(one.LogProbability, -100, 0));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_schema_and_a_tool_that_must_be_called_are_kept_to()
    {
        var schema = """
            {"type":"object","properties":{"full":{"type":"boolean"}},"required":["full"],"additionalProperties":false}
            """;
        var formatted = Options();
        formatted.ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("silo", BinaryData.FromString(schema));
        ChatCompletion said = await Chat.CompleteChatAsync(s_messages, formatted, Cancel);

        Assert.Equal(ChatFinishReason.Stop, said.FinishReason);
        Assert.IsType<bool>(JsonNode.Parse(said.Content[0].Text)!["full"]!.GetValue<bool>());

        var calling = Options();
        calling.MaxOutputTokenCount = 200;
        calling.Tools.Add(ChatTool.CreateFunctionTool("fill", "Fills a silo.", BinaryData.FromString(schema)));
        calling.ToolChoice = ChatToolChoice.CreateFunctionChoice("fill");
        ChatCompletion called = await Chat.CompleteChatAsync(s_messages, calling, Cancel);

        Assert.Equal(ChatFinishReason.ToolCalls, called.FinishReason);
        var call = Assert.Single(called.ToolCalls);
        Assert.Equal("fill", call.FunctionName);
        Assert.IsType<bool>(JsonNode.Parse(call.FunctionArguments)!["full"]!.GetValue<bool>());
    }

    [Fact(Timeout = 60_000)]
    public async Task Faults_are_those_that_it_knows()
    {
        var unknown = await Assert.ThrowsAsync<ClientResultException>(
            () => Client.GetChatClient("no-such").CompleteChatAsync(s_messages, Options(), Cancel));
        Assert.Equal(404, unknown.Status);
        Assert.Contains("no-such", unknown.Message);
        var wrong = Options();
        wrong.Temperature = -1;
        Assert.Equal(400, (await Assert.ThrowsAsync<ClientResultException>(
            () => Chat.CompleteChatAsync(s_messages, wrong, Cancel))).Status);
    }

    [Fact(Timeout = 60_000)]
    public async Task Embeddings_are_those_of_the_library()
    {
        string[] texts = ["A silo", "A tower for grain"];
        var told = await Client.GetEmbeddingClient(LanguageSilo.Encoder).GenerateEmbeddingsAsync(texts, cancellationToken: Cancel);
        using var alone = TextEmbedder.Load(silo.EncoderFile, 1);
        Assert.Equal(texts.Select(text => alone.Embed(alone.Tokens(text))), told.Value.Select(one => one.ToFloats().ToArray()));
        Assert.Equal(texts.Sum(text => alone.Tokens(text).Length), told.Value.Usage.InputTokenCount);

        var refused = await Assert.ThrowsAsync<ClientResultException>(
            () => Client.GetChatClient(LanguageSilo.Encoder).CompleteChatAsync(s_messages, Options(), Cancel));
        Assert.Equal(400, refused.Status);
    }

    [Fact(Timeout = 60_000)]
    public async Task Models_are_listed()
    {
        var listed = await Client.GetOpenAIModelClient().GetModelsAsync(Cancel);
        string[] known = [LanguageSilo.Model, LanguageSilo.Narrow, LanguageSilo.Brief, LanguageSilo.Encoder, LanguageSilo.Tight];
        Assert.Equal(known, listed.Value.Select(model => model.Id));
    }

    // Seeds of OpenAI's client are marked as an experiment of it.
#pragma warning disable OPENAI001
    private static ChatCompletionOptions Options() => new()
    {
        MaxOutputTokenCount = 40,
        Temperature = 0.7f,
        Seed = 7,
        LogitBiases = { [2] = -100 },
    };
#pragma warning restore OPENAI001
}
