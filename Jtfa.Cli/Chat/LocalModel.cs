using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Jtfa.Language;
using Jtfa.Language.Caches;
using Jtfa.Language.Decoding;
using Jtfa.Language.Files;
using Jtfa.Language.Generation;
using Jtfa.Language.Kernels;
using Jtfa.Language.Serving;
using Jtfa.Language.Tokenizers.Templates;
using Microsoft.Extensions.AI;

namespace Jtfa.Cli.Chat;

/// <summary>
/// A model of this process, as conversations ask it. An engine serves it, which remembers pages: of a conversation it computes only what
/// was said since its last answer.
/// </summary>
internal sealed class LocalModel : IChatClient
{
    private const string Owner = "chat";
    private const int PromptChunk = 512;
    private const int LeastPages = 2; // of an engine

    private readonly Workers _workers;
    private readonly TextModel _text; // its model is the engine's
    private readonly LanguageEngine _engine;

    private LocalModel(Workers workers, TextModel text, LanguageEngine engine) => (_workers, _text, _engine) = (workers, text, engine);

    /// <summary>Whether the file says how a conversation is written; if not, ChatML is, as a silo does it.</summary>
    public bool HasTemplate => _text.Template is not null;

    /// <summary>Text tokens that a conversation may have.</summary>
    public int Longest => _engine.LongestText;

    /// <summary>Loads a model.</summary>
    /// <param name="path">A GGUF file.</param>
    /// <param name="threads">Threads that compute.</param>
    /// <param name="longest">Text tokens that a conversation may have, where the model was trained for as many.</param>
    /// <param name="architectures">Where architectures are looked for; null: those that come with the program.</param>
    /// <param name="progress">Is told how much of it is loaded; null: nobody is.</param>
    /// <exception cref="ModelFileException">The file is damaged, or no model that writes text.</exception>
    public static LocalModel Load(string path, int threads, int longest, string? architectures, IProgress<WorkProgress>? progress)
    {
        var workers = new Workers(threads);
        try
        {
            var text = TextModel.Load(path, workers, architectures, progress);
            var pages = (Math.Min(text.Longest, longest) + PagePool.PageTokens - 1) / PagePool.PageTokens;
            var options = new EngineOptions
            {
                Model = Path.GetFileName(path),
                Pages = Math.Max(LeastPages, pages),
                ChunkTokens = PromptChunk,
            };
            return new LocalModel(workers, text, new LanguageEngine(text.Model, text.Tokenizer, options));
        }
        catch
        {
            workers.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="UsageException">The model's template refuses the messages, or they are too long.</exception>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var stream = Submit(messages, options ?? new());
        await foreach (var piece in stream.ReadAllAsync(cancellationToken))
        {
            yield return new(ChatRole.Assistant, piece.Text)
            {
                FinishReason = piece.Finish switch
                {
                    FinishReason.Stop => ChatFinishReason.Stop,
                    FinishReason.Length => ChatFinishReason.Length,
                    _ => null,
                },
            };
        }

        var cost = (await stream.Completion).Statistics;
        var usage = new UsageDetails
        {
            InputTokenCount = cost.PromptTokens,
            CachedInputTokenCount = cost.CachedTokens,
            OutputTokenCount = cost.CompletionTokens,
            TotalTokenCount = cost.PromptTokens + cost.CompletionTokens,
        };
        yield return new(ChatRole.Assistant, [new UsageContent(usage)]);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        _engine.Dispose();
        _workers.Dispose();
    }

    private GenerationStream Submit(IEnumerable<ChatMessage> messages, ChatOptions options)
    {
        var conversation = new JsonArray(
            [.. messages.Select(message => new JsonObject { ["role"] = message.Role.Value, ["content"] = message.Text })]);
        try
        {
            var prompt = (_text.Template ?? ChatTemplate.ChatMl).Render(conversation);
            var submission = _engine.Submit(new GenerationRequest
            {
                Prompt = _text.Encode(prompt, parseSpecial: true),
                Options = OptionsOf(options),
                Owner = Owner,
                Operation = "chat",
            });
            return submission is Accepted accepted
                ? accepted.Stream
                : throw new UsageException("Earlier answers have not ended: ask again in a moment.");
        }
        catch (Exception fault) when (fault is TemplateException or RequestException)
        {
            throw new UsageException($"{fault.Message.TrimEnd('.')}; /new begins another conversation");
        }
    }

    private static GenerationOptions OptionsOf(ChatOptions options)
    {
        var defaults = new SamplingOptions();
        return new()
        {
            MaxTokens = options.MaxOutputTokens ?? int.MaxValue, // the engine knows how much room there is
            Stop = [.. options.StopSequences ?? []],
            Sampling = defaults with
            {
                Temperature = Exact(options.Temperature) ?? defaults.Temperature,
                TopK = options.TopK ?? defaults.TopK,
                TopP = Exact(options.TopP) ?? defaults.TopP,
                MinP = options.AdditionalProperties?.TryGetValue<double>("min_p", out var minP) == true ? minP : defaults.MinP,
                Seed = unchecked((ulong?)options.Seed),
            },
        };

        // The number that was meant: 0.8f is 0.800000012 as a double.
        static double? Exact(float? number) => (double?)(decimal?)number;
    }
}
