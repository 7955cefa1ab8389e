using System.Text.Json;
using System.Text.Json.Nodes;
using Jtfa.Client.Tests.Stage;
using Jtfa.Interfaces;
using Microsoft.Extensions.AI;

namespace Jtfa.Client.Tests.Language;

/// <summary>What language models' clients do, whichever way they ask.</summary>
public abstract class LanguageTests(LanguageStage stage)
{
    protected static readonly ChatMessage[] Messages =
        [new(ChatRole.System, "Be short."), new(ChatRole.User, "What is a silo?")];

    private const string Schema = """
        {"type":"object","properties":{"full":{"type":"boolean"}},"required":["full"],"additionalProperties":false}
        """;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected LanguageStage Stage => stage;

    /// <summary>The client.</summary>
    protected abstract ILanguageClient Client { get; }

    /// <summary>Another client, whose waits are all before retries, and how often it tries again.</summary>
    private protected abstract (ILanguageClient Client, int Retries) ClientOn(TimedClock clock);

    /// <summary>Reads a text until its silo is gone.</summary>
    protected abstract Task<JtfaUnavailableException> LoseSiloAsync();

    private IChatClient Chat => Client.GetChatClient(LanguageStage.Random);

    [Fact(Timeout = 60_000)]
    public async Task Models_are_listed_loaded_and_unloaded()
    {
        string[] known = [LanguageStage.Random, LanguageStage.Narrow, LanguageStage.Shipped, LanguageStage.Encoder];
        Assert.Equal(known, (await Client.GetModelsAsync(Cancel)).Select(model => model.Name));

        var loaded = await Client.LoadModelAsync(LanguageStage.Narrow, Cancel);
        Assert.Equal((ModelState.Loaded, LanguageStage.Narrow), (loaded.State, loaded.Name));
        Assert.NotEqual(0, loaded.Bytes);
        Assert.Equal(loaded.LoadedAt, (await Client.GetModelAsync(LanguageStage.Narrow, Cancel)).LoadedAt);
        var unloaded = await Client.UnloadModelAsync(LanguageStage.Narrow, Cancel);
        Assert.Equal((ModelState.Unloaded, 0), (unloaded.State, unloaded.Bytes));

        await Assert.ThrowsAsync<JtfaNotFoundException>(() => Client.GetModelAsync("nothing", Cancel));
        await Assert.ThrowsAsync<JtfaNotFoundException>(() => Client.LoadModelAsync("nothing", Cancel));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(LanguageStage.Random)]
    [InlineData(LanguageStage.Shipped)]
    public async Task A_text_is_what_the_model_says_streamed_and_whole(string model)
    {
        var chat = Client.GetChatClient(model);
        var whole = await chat.GetResponseAsync(Messages, Options(), Cancel);
        var updates = await chat.GetStreamingResponseAsync(Messages, Options(), Cancel).ToListAsync(Cancel);

        Assert.Equal(await AloneAsync(Request() with { Model = model }), whole.Text);
        Assert.Equal(whole.Text, string.Concat(updates.Select(update => update.Text)));
        Assert.InRange(updates.Count(update => update.Text.Length > 0), 10, 40);
        var streamed = updates.ToChatResponse();
        Assert.Equal((ChatFinishReason.Length, ChatFinishReason.Length), (whole.FinishReason, streamed.FinishReason));
        Assert.Equal((40, whole.Usage!.InputTokenCount), (whole.Usage.OutputTokenCount, streamed.Usage!.InputTokenCount));
        Assert.Equal(whole.Usage.InputTokenCount + 40, whole.Usage.TotalTokenCount);
        Assert.Equal(ChatRole.Assistant, Assert.Single(whole.Messages).Role);
        Assert.Equal(model, whole.ModelId);
        Assert.NotEqual(whole.ResponseId, streamed.ResponseId);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_text_is_gone_on_with_as_it_stands()
    {
        var updates = await Client.ContinueAsync(LanguageStage.Shipped, "lighthouse (noun):", Options(), Cancel).ToListAsync(Cancel);
        var alone = await AloneAsync(Request() with { Model = LanguageStage.Shipped, Messages = null, Prompt = "lighthouse (noun):" });
        Assert.Equal(alone, string.Concat(updates.Select(update => update.Text)));
        Assert.Equal(40, updates.ToChatResponse().Usage!.OutputTokenCount);
        var options = Options();
        options.Instructions = "Rhyme.";
        await Assert.ThrowsAsync<JtfaInvalidValueException>(
            async () => await Client.ContinueAsync(LanguageStage.Shipped, "a", options, Cancel).ToListAsync(Cancel));
    }

    [Fact(Timeout = 60_000)]
    public async Task Each_option_reaches_the_model()
    {
        (Action<ChatOptions> Set, Func<TextRequest, TextRequest> Same)[] cases =
        [
            (chat => chat.Temperature = 0, text => text with { Temperature = 0 }),
            (chat => chat.TopP = 0.3f, text => text with { TopP = 0.3 }),
            (chat => chat.TopK = 2, text => text with { TopK = 2 }),
            (chat => chat.Seed = -8, text => text with { Seed = unchecked((ulong)-8L) }),
            (chat => chat.MaxOutputTokens = 9, text => text with { MaxTokens = 9 }),
            (chat => chat.FrequencyPenalty = 1.5f, text => text with { FrequencyPenalty = 1.5 }),
            (chat => chat.PresencePenalty = 1.9f, text => text with { PresencePenalty = 1.9 }),
            (chat => chat.AdditionalProperties!["min_p"] = 0.5, text => text with { MinP = 0.5 }),
            (chat => chat.AdditionalProperties!["repeat_penalty"] = 1.8f, text => text with { RepetitionPenalty = 1.8 }),
            (chat => chat.Instructions = "Rhyme.", text => text with { Messages = Conversation("Rhyme.", "Be short.") }),
        ];
        var plain = await AloneAsync(Request());
        foreach (var (set, same) in cases)
        {
            var options = Options();
            set(options);
            var said = (await Chat.GetResponseAsync(Messages, options, Cancel)).Text;
            Assert.Equal(await AloneAsync(same(Request())), said);
            Assert.NotEqual(plain, said);
        }

        var stopping = Options();
        var stop = $"{plain.Skip(3).First(letter => letter is > ' ' and <= '~')}";
        stopping.StopSequences = [stop];
        var stopped = await Chat.GetResponseAsync(Messages, stopping, Cancel);
        Assert.Equal((plain[..plain.IndexOf(stop, StringComparison.Ordinal)], ChatFinishReason.Stop), (stopped.Text, stopped.FinishReason));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_user_asked_before_is_not_computed_again()
    {
        var options = Options();
        options.AdditionalProperties!["user"] = $"ann of {GetType().Name}";
        ChatMessage[] messages = [new(ChatRole.User, string.Concat(Enumerable.Range(0, 40).Select(i => $"word{i} ")))];
        var first = await Chat.GetResponseAsync(messages, options, Cancel);
        var again = await Chat.GetResponseAsync(messages, options, Cancel);
        options.AdditionalProperties["user"] = $"bob of {GetType().Name}";
        var other = await Chat.GetResponseAsync(messages, options, Cancel);

        Assert.Equal((0, 0), (first.Usage!.CachedInputTokenCount, other.Usage!.CachedInputTokenCount));
        Assert.InRange(again.Usage!.CachedInputTokenCount!.Value, again.Usage.InputTokenCount!.Value - 32, long.MaxValue);
        Assert.Equal((first.Text, first.Text), (again.Text, other.Text));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_schema_is_kept_to()
    {
        var options = Options();
        options.ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse(Schema));
        var said = await Chat.GetResponseAsync(Messages, options, Cancel);
        Assert.Equal(ChatFinishReason.Stop, said.FinishReason);
        Assert.IsType<bool>(JsonNode.Parse(said.Text)!["full"]!.GetValue<bool>());

        options.MaxOutputTokens = 300;
        options.ResponseFormat = ChatResponseFormat.Json;
        Assert.StartsWith("{", (await Chat.GetResponseAsync(Messages, options, Cancel)).Text);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_function_that_must_be_called_is_called_and_its_result_goes_back()
    {
        var filled = new List<bool>();
        var fill = AIFunctionFactory.Create((bool full) =>
        {
            filled.Add(full);
            return $"It is {(full ? "full" : "empty")}.";
        }, "fill", "Fills a silo.");
        var other = AIFunctionFactory.Create(() => 1, "other");
        using var chat = Chat.AsBuilder().UseFunctionInvocation().Build();
        var options = Options();
        options.MaxOutputTokens = 200;
        options.Tools = [other, fill];
        options.ToolMode = ChatToolMode.RequireSpecific("fill");
        var alone = await Chat.GetResponseAsync(Messages, options, Cancel);
        var done = await chat.GetResponseAsync(Messages, options, Cancel);

        var call = Assert.IsType<FunctionCallContent>(Assert.Single(Assert.Single(alone.Messages).Contents));
        Assert.Equal(("fill", ChatFinishReason.ToolCalls), (call.Name, alone.FinishReason));
        Assert.Null(call.Exception);
        var full = Assert.Single(filled);
        Assert.Equal(full, ((JsonElement)call.Arguments!["full"]!).GetBoolean());
        var result = Assert.IsType<FunctionResultContent>(Assert.Single(done.Messages[1].Contents));
        Assert.Equal($"It is {(full ? "full" : "empty")}.", $"{result.Result}");
        Assert.Equal([ChatRole.Assistant, ChatRole.Tool, ChatRole.Assistant], done.Messages.Select(message => message.Role));

        // What follows is what the model says to the conversation with the call's result.
        options.ToolMode = ChatToolMode.Auto;
        var after = await Chat.GetResponseAsync([.. Messages, .. done.Messages.Take(2)], options, Cancel);
        Assert.Equal(after.Text, done.Text);
        Assert.NotEmpty(after.Text);

        options.ToolMode = ChatToolMode.RequireAny;
        var any = await Chat.GetResponseAsync(Messages, options, Cancel);
        Assert.Contains(Assert.IsType<FunctionCallContent>(Assert.Single(any.Messages[0].Contents)).Name, (string[])["other", "fill"]);
        options.ToolMode = ChatToolMode.None;
        Assert.IsType<TextContent>(Assert.Single((await Chat.GetResponseAsync(Messages, options, Cancel)).Messages[0].Contents));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_text_that_is_cancelled_or_not_read_on_is_ended()
    {
        var options = Options();
        options.MaxOutputTokens = LanguageStage.Endless;
        var before = await stage.UntilFreeAsync(LanguageStage.Random);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var update in Chat.GetStreamingResponseAsync(Messages, options, end.Token))
                if (update.Text.Length > 0) await end.CancelAsync();
        });
        await foreach (var update in Chat.GetStreamingResponseAsync(Messages, options, Cancel))
            if (update.Text.Length > 0) break;
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var whole = Chat.GetResponseAsync(Messages, options, soon.Token);
        await Condition.HoldsAsync(
            () => Client.GetModelAsync(LanguageStage.Random, Cancel), status => status.Running > 0, "the text runs");
        await soon.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => whole);

        var after = await stage.UntilFreeAsync(LanguageStage.Random);
        Assert.InRange(after.CompletionTokens - before.CompletionTokens, 2, LanguageStage.Endless - 1);
    }

    [Fact(Timeout = 60_000)]
    public async Task Where_all_places_are_taken_the_caller_is_told_when_to_come_again()
    {
        var options = Options();
        options.MaxOutputTokens = LanguageStage.Endless;
        var chat = Client.GetChatClient(LanguageStage.Narrow);
        await using (var taken = chat.GetStreamingResponseAsync(Messages, options, Cancel).GetAsyncEnumerator(Cancel))
        {
            Assert.True(await taken.MoveNextAsync());
            var clock = new TimedClock();
            var (patient, retries) = ClientOn(clock);
            var asking = patient.GetChatClient(LanguageStage.Narrow).GetResponseAsync(Messages, Options(), Cancel);
            for (var again = 0; again < retries; again++) Assert.InRange((await clock.PassAsync()).TotalSeconds, 1, 60);
            var busy = await Assert.ThrowsAsync<JtfaUnavailableException>(() => asking);
            Assert.InRange(busy.RetryAfter!.Value.TotalSeconds, 1, 60);
        }

        await stage.UntilFreeAsync(LanguageStage.Narrow);
        Assert.NotEmpty((await chat.GetResponseAsync(Messages, Options(), Cancel)).Text);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_not_allowed_is_named()
    {
        await Assert.ThrowsAsync<JtfaNotFoundException>(
            () => Client.GetChatClient("nothing").GetResponseAsync(Messages, Options(), Cancel));
        await FailsAsync("-1", chat => chat.Temperature = -1);
        await FailsAsync("2.5", chat => chat.TopP = 2.5f);
        await FailsAsync("NaN", chat => chat.PresencePenalty = float.NaN);
        await FailsAsync("", chat => chat.TopK = -1);
        await FailsAsync("", chat => chat.MaxOutputTokens = 0);
        await FailsAsync("min_p", chat => chat.AdditionalProperties!["min_p"] = double.NaN);
        await FailsAsync("min_p", chat => chat.AdditionalProperties!["min_p"] = "much");
        await FailsAsync("logit_bias", chat => chat.AdditionalProperties!["logit_bias"] = "much");
        await FailsAsync("HostedWebSearchTool", chat => chat.Tools = [new HostedWebSearchTool()]);
        await Assert.ThrowsAsync<JtfaInvalidValueException>(() => Chat.GetResponseAsync([], Options(), Cancel));
        var picture = new ChatMessage(ChatRole.User, [new DataContent(new byte[] { 1 }, "image/png")]);
        var seen = await Assert.ThrowsAsync<JtfaInvalidValueException>(() => Chat.GetResponseAsync([picture], Options(), Cancel));
        Assert.Contains("DataContent", seen.Message);
        await Assert.ThrowsAsync<JtfaInvalidValueException>(
            () => Client.GetChatClient(LanguageStage.Encoder).GetResponseAsync(Messages, Options(), Cancel));

        async Task FailsAsync(string named, Action<ChatOptions> set)
        {
            var options = Options();
            set(options);
            var fault = await Assert.ThrowsAsync<JtfaInvalidValueException>(() => Chat.GetResponseAsync(Messages, options, Cancel));
            Assert.Contains(named, fault.Message);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_text_whose_model_is_unloaded_breaks_off()
    {
        var options = Options();
        options.MaxOutputTokens = LanguageStage.Endless;
        var fault = await Assert.ThrowsAsync<JtfaUnavailableException>(async () =>
        {
            var isUnloaded = false;
            await foreach (var update in Chat.GetStreamingResponseAsync(Messages, options, Cancel))
            {
                if (update.Text.Length == 0 || isUnloaded) continue;
                isUnloaded = true;
                await Client.UnloadModelAsync(LanguageStage.Random, Cancel);
            }
        });
        Assert.Contains("broke the text off", fault.Message);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_silo_that_goes_away_breaks_a_text_off() => Assert.NotEmpty((await LoseSiloAsync()).Message);

    [Fact(Timeout = 60_000)]
    public async Task Embeddings_are_the_models()
    {
        var texts = Enumerable.Range(0, 40).Select(i => $"A silo of {i} m").ToArray();
        var generator = Client.GetEmbeddingGenerator(LanguageStage.Encoder);
        var told = await generator.GenerateAsync(texts, cancellationToken: Cancel);
        var alone = await stage.Silo.Cluster.GetGrain<IModelGrain>(LanguageStage.Encoder).EmbedAsync(texts, Cancel);
        Assert.Equal(alone.Vectors, told.Select(one => one.Vector.ToArray()));
        Assert.Equal(alone.Tokens, told.Usage!.InputTokenCount);

        Assert.Empty(await generator.GenerateAsync([], cancellationToken: Cancel));
        await Assert.ThrowsAsync<JtfaInvalidValueException>(
            () => generator.GenerateAsync([.. texts, string.Join(' ', texts)], cancellationToken: Cancel));
        await Assert.ThrowsAsync<JtfaInvalidValueException>(
            () => generator.GenerateAsync(["a"], new() { Dimensions = 2 }, Cancel));
        await Assert.ThrowsAsync<JtfaInvalidValueException>(
            () => Client.GetEmbeddingGenerator(LanguageStage.Random).GenerateAsync(["a"], cancellationToken: Cancel));
        await Assert.ThrowsAsync<JtfaNotFoundException>(
            () => Client.GetEmbeddingGenerator("nothing").GenerateAsync(["a"], cancellationToken: Cancel));
    }

    [Fact]
    public void Services_tell_what_is_asked()
    {
        var metadata = (ChatClientMetadata)Chat.GetService(typeof(ChatClientMetadata))!;
        Assert.Equal(("jtfa", LanguageStage.Random), (metadata.ProviderName, metadata.DefaultModelId));
        Assert.Same(Client.GetType(), Chat.GetService<ILanguageClient>()!.GetType());
        Assert.NotNull(Chat.GetService<IChatClient>());
        Assert.Null(Chat.GetService<IChatClient>("key"));
        Assert.Null(Chat.GetService<string>());
        var generator = Client.GetEmbeddingGenerator(LanguageStage.Encoder);
        Assert.Equal(LanguageStage.Encoder, generator.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelId);
    }

    /// <summary>Of a text that goes on to its last text token.</summary>
    protected static ChatOptions Options() => new()
    {
        MaxOutputTokens = 40,
        Temperature = 0.7f,
        Seed = 7,
        AdditionalProperties = new() { ["logit_bias"] = new Dictionary<int, double> { [2] = -100 } },
    };

    private static string Conversation(params string[] instructions) => new JsonArray(
        [
            .. instructions.Select(text => new JsonObject { ["role"] = "system", ["content"] = text }),
            new JsonObject { ["role"] = "user", ["content"] = "What is a silo?" },
        ]).ToJsonString();

    private static TextRequest Request() => new()
    {
        Model = LanguageStage.Random,
        Messages = Conversation("Be short."),
        MaxTokens = 40,
        Temperature = 0.7,
        Seed = 7,
        LogitBias = new() { [2] = -100 },
    };

    // What a grain says that is asked without a client.
    private async Task<string> AloneAsync(TextRequest request)
    {
        var generation = stage.Silo.Cluster.GetGrain<IGenerationGrain>($"{request.Model}/{Guid.NewGuid():N}");
        Assert.Equal(TextAnswer.Accepted, (await generation.StartAsync(request, Cancel)).Answer);
        return string.Concat(
            await generation.ReadAllAsync(TimeProvider.System, cancellationToken: Cancel).Select(piece => piece.Text).ToListAsync(Cancel));
    }
}
