using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Jtfa.Interfaces;
using Microsoft.Extensions.AI;

namespace Jtfa.Client;

/// <summary>A model that writes, asked by its grains.</summary>
internal sealed class ClusterChatClient(
    ClusterJtfaClient owner, IClusterClient cluster, ClusterCalls calls, TimeProvider clock, string model)
    : ModelChatClient(owner, null, model)
{
    /// <inheritdoc/>
    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? chat = null, CancellationToken cancellationToken = default) =>
        ReadAsync(() => ChatRequest.Of(ClusterCalls.Address, Model, messages, chat), cancellationToken);

    /// <inheritdoc/>
    public override IAsyncEnumerable<ChatResponseUpdate> ContinueAsync(
        string prompt, ChatOptions? chat, CancellationToken cancellationToken) =>
        ReadAsync(() => ChatRequest.OfPrompt(ClusterCalls.Address, Model, prompt, chat), cancellationToken);

    private async IAsyncEnumerable<ChatResponseUpdate> ReadAsync(
        Func<ChatRequest> make, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = make();
        var mayCall = request.Tools.Count > 0;
        var required = mayCall ? request.ToolMode as RequiredChatToolMode : null;
        var text = TextOf(request, required);
        var (id, generation) = await calls.AskAsync(token => BeginAsync(text, token), cancellationToken);
        var began = clock.GetUtcNow();
        var untold = new StringBuilder(); // what may become a call is told when that is known
        var isRead = false;
        try
        {
            await using var pieces = generation.ReadAllAsync(clock, cancellationToken: cancellationToken)
                .GetAsyncEnumerator(CancellationToken.None);
            while (await NextAsync(pieces, cancellationToken) is { } piece)
            {
                if (piece.End is { } end)
                {
                    isRead = true;
                    yield return Closing(end);
                    yield break;
                }

                if (piece.Text.Length == 0) continue;
                untold.Append(piece.Text);
                if (Tellable() is { Length: > 0 } told) yield return Update(new TextContent(told));
            }
        }
        finally
        {
            if (!isRead) await CancelAsync(generation);
        }

        throw BrokenOff("it has no end");

        string Tellable()
        {
            if (required is not null) return "";
            var all = untold.ToString();
            var told = mayCall ? all[..ToolCalls.TellableOf(all)] : all;
            untold.Remove(0, told.Length);
            return told;
        }

        ChatResponseUpdate Update(params AIContent[] contents) => new()
        {
            ResponseId = id,
            MessageId = id,
            ModelId = text.Model,
            CreatedAt = began,
            Role = ChatRole.Assistant,
            Contents = [.. contents],
        };

        ChatResponseUpdate Closing(TextEnd end)
        {
            if (end.Finish is not (TextFinish.Stop or TextFinish.Length)) throw BrokenOff(end.Fault ?? "it was ended before its end");
            var rest = untold.ToString();
            var made = mayCall ? ToolCalls.Take(ref rest, isCall: required is not null) : [];
            var update = Update();
            if (rest.Length > 0) update.Contents.Add(new TextContent(rest));
            foreach (var call in made) update.Contents.Add(new ChatCall(call.Id, new(call.Function, call.Arguments)).ToContent());
            var cost = new ChatUsage(end.PromptTokens, end.CompletionTokens, new(end.CachedTokens));
            update.Contents.Add(new UsageContent(cost.ToDetails()));
            update.FinishReason = made.Count > 0 ? ChatFinishReason.ToolCalls
                : end.Finish == TextFinish.Length ? ChatFinishReason.Length
                : ChatFinishReason.Stop;
            return update;
        }
    }

    private static JtfaUnavailableException BrokenOff(string detail) =>
        new(ClusterCalls.Address, $"the cluster broke the text off ({detail.ReplaceLineEndings(" ")}): ask again");

    private static TextRequest TextOf(ChatRequest request, RequiredChatToolMode? required)
    {
        var text = request.Text with
        {
            Messages = request.Text.Prompt is null ? request.Messages.ToJsonString() : null,
            // Whoever knows the cluster's secret is one owner, but for those that they tell apart; owners by HTTP have other names.
            Owner = JsonSerializer.Serialize((string?[])["cluster", request.User]),
        };
        var variables = request.TemplateVariables ?? [];
        if (request.Tools.Count > 0) variables["tools"] = request.Tools;
        if (variables.Count > 0) text = text with { TemplateVariables = variables.ToJsonString() };
        if (required is null) return text;
        if (text.JsonSchema is not null)
        {
            throw new JtfaInvalidValueException(
                ClusterCalls.Address, "'ToolMode' wants the call of a function, and 'ResponseFormat' JSON: give one");
        }

        var function = required.RequiredFunctionName;
        var functions = request.Tools.Select(tool => tool!["function"]!)
            .Select(tool => (Name: (string)tool["name"]!, Parameters: tool["parameters"]))
            .Where(tool => function is null || tool.Name == function).ToList();
        return functions.Count > 0
            ? text with { JsonSchema = ToolCalls.SchemaOf(functions) }
            : throw new JtfaInvalidValueException(ClusterCalls.Address, $"'ToolMode' wants {function}, which is none of the tools");
    }

    private async Task<(string Id, IGenerationGrain Generation)> BeginAsync(TextRequest text, CancellationToken cancellationToken)
    {
        var id = $"chat-{Guid.NewGuid():N}";
        var generation = cluster.GetGrain<IGenerationGrain>($"{text.Model}/{id}");
        ClusterCalls.ThrowUnlessAccepted(await generation.StartAsync(text, cancellationToken));
        return (id, generation);
    }

    private static async Task<TextPiece?> NextAsync(IAsyncEnumerator<TextPiece> pieces, CancellationToken cancellationToken)
    {
        try
        {
            return await pieces.MoveNextAsync() ? pieces.Current : null;
        }
        catch (Exception fault)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw ClusterCalls.Explain(fault);
        }
    }

    private static async Task CancelAsync(IGenerationGrain generation)
    {
        try
        {
            await generation.CancelAsync();
        }
        catch (Exception fault) when (fault is OrleansException or TimeoutException or OperationCanceledException)
        {
            // Its silo is away, and the text with it; or this client has left the cluster, and the text ends without its reader.
        }
    }
}
