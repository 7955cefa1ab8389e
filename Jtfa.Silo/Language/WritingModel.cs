using System.Text.Json;
using System.Text.Json.Nodes;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Language.Architectures;
using Jtfa.Language.Decoding;
using Jtfa.Language.Files;
using Jtfa.Language.Generation;
using Jtfa.Language.Kernels;
using Jtfa.Language.Serving;
using Jtfa.Language.Tokenizers.Templates;

namespace Jtfa.Silo.Language;

/// <summary>A language model in memory that writes texts: makes what its engine computes of what is asked for.</summary>
internal sealed class WritingModel : LoadedModel
{
    private readonly LanguageEngine _engine;
    private readonly ModelRing? _ring;
    private readonly int _blocks; // of the whole model
    private readonly ChatTemplate _template;
    private readonly TimeProvider _clock;

    private WritingModel(LanguageEngine engine, ModelRing? ring, int blocks, ChatTemplate template, TimeProvider clock)
        : base(engine.Tokenizer, clock.GetUtcNow()) =>
        (_engine, _ring, _blocks, _template, _clock) = (engine, ring, blocks, template, clock);

    /// <inheritdoc />
    public override long Bytes => _engine.Bytes;

    /// <inheritdoc />
    public override int LongestText => _engine.LongestText;

    /// <inheritdoc />
    public override EngineStatistics Statistics => _engine.Statistics;

    /// <inheritdoc />
    public override string? Fault => _ring?.Fault;

    /// <inheritdoc />
    public override IReadOnlyList<StageOptions> StagesFrom(string starter)
    {
        if (_ring is null) return [new() { Silo = starter, First = 0, Count = _blocks }];
        return _ring.Placed is { Count: > 0 } placed
            ? [new() { Silo = starter, First = 0, Count = _ring.StarterBlocks }, .. placed]
            : [];
    }

    /// <inheritdoc />
    public override RingStatus? Ring => _ring?.Status;

    /// <summary>Blocks that are computed here.</summary>
    public int OwnBlocks => _ring?.StarterBlocks ?? _blocks;

    /// <inheritdoc />
    public override bool IsUsable(string silo) => _ring?.IsUsable(silo) ?? true;

    /// <inheritdoc />
    public override void Renew(string why) => _ring?.Renew(why);

    /// <summary>Loads a model and its template. Stages elsewhere are loaded afterwards; texts wait for them.</summary>
    public static new WritingModel Load(
        ModelOptions options, IRingPlan? plan, Workers workers, Func<ModelOptions, IRingPlan, ModelRing> rings, TimeProvider clock)
    {
        var blocks = BlocksOf(options.File);
        var ring = plan is not null && plan.StarterBlocks < blocks ? rings(options, plan) : null;
        var engine = LanguageEngine.Load(options.File, workers, options.Engine, clock, ring is null ? null : plan!.StarterBlocks, ring);
        try
        {
            var tokenizer = engine.Tokenizer;
            string Named(int? id) => id is { } token ? tokenizer.NameOf(token) : "";
            ChatTemplate? template;
            if (options.Template.Length > 0)
            {
                template = ChatTemplate.Parse(File.ReadAllText(options.Template), Named(tokenizer.BosId), Named(tokenizer.EosId));
            }
            else
            {
                using var file = GgufFile.Open(options.File);
                template = ChatTemplate.Load(file.Metadata, tokenizer);
            }

            return new WritingModel(engine, ring, blocks, template ?? ChatTemplate.ChatMl, clock);
        }
        catch
        {
            engine.Dispose();
            ring?.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public override (TextStart Start, ServedText? Text) Submit(TextRequest request)
    {
        try
        {
            int[] prompt = [.. PromptOf(request)];
            var submission = _engine.Submit(new GenerationRequest
            {
                Prompt = prompt,
                Options = OptionsOf(request, prompt.Length),
                JsonSchema = request.JsonSchema,
                Owner = request.Owner,
                Operation = request.Messages is null ? "text_completion" : "chat",
            });
            return submission switch
            {
                Accepted accepted => (
                    new() { Seed = accepted.Stream.Seed, PromptTokens = prompt.Length },
                    new ServedText(accepted.Stream, _engine.Tokenizer, request, prompt)),
                Busy busy => (
                    new()
                    {
                        Answer = TextAnswer.Busy,
                        RetryAfter = busy.RetryAfter,
                        Fault = "As many texts run and wait as may: try again later.",
                    }, null),
                _ => throw new InvalidOperationException($"An engine answers with {submission.GetType().Name}."),
            };
        }
        catch (RequestException wrong)
        {
            return (Refused(wrong.Message), null);
        }
        catch (TemplateException wrong)
        {
            return (Refused(wrong.Message), null);
        }
        catch (GenerationException broken)
        {
            IsBroken = true;
            return (new() { Answer = TextAnswer.Unavailable, Fault = broken.Message }, null);
        }
        catch (ObjectDisposedException)
        {
            return (new() { Answer = TextAnswer.Unavailable, Fault = "The model is being unloaded: try again." }, null);
        }
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        _engine.Dispose();
        _ring?.Dispose();
    }

    private static int BlocksOf(string path)
    {
        using var file = GgufFile.Open(path);
        return Hyperparameters.Of(file, Architecture.Of(file)).Blocks;
    }

    private GenerationOptions OptionsOf(TextRequest request, int promptTokens)
    {
        var defaults = new SamplingOptions();
        return new()
        {
            MaxTokens = request.MaxTokens ?? Math.Max(1, LongestText - promptTokens),
            Stop = request.Stop,
            LogProbabilities = request.LogProbabilities,
            Sampling = defaults with
            {
                Temperature = request.Temperature ?? defaults.Temperature,
                TopK = request.TopK ?? defaults.TopK,
                TopP = request.TopP ?? defaults.TopP,
                MinP = request.MinP ?? defaults.MinP,
                RepetitionPenalty = request.RepetitionPenalty ?? defaults.RepetitionPenalty,
                PresencePenalty = request.PresencePenalty ?? defaults.PresencePenalty,
                FrequencyPenalty = request.FrequencyPenalty ?? defaults.FrequencyPenalty,
                LogitBias = request.LogitBias,
                Seed = request.Seed,
            },
        };
    }

    private IEnumerable<int> PromptOf(TextRequest request)
    {
        if (request.PromptTokens is { } tokens) return tokens;
        if (request.Prompt is { } prompt) return Encode(prompt, addSpecial: true, parseSpecial: true);
        if (request.Messages is null) throw new RequestException("There is no prompt: give a text, text tokens or messages.");
        try
        {
            var messages = JsonNode.Parse(request.Messages)?.AsArray() ?? throw new RequestException("The messages are null.");
            var variables = request.TemplateVariables is { } given ? JsonNode.Parse(given)?.AsObject() : null;
            var text = _template.Render(messages, addGenerationPrompt: true, variables, _clock);
            return Encode(text, addSpecial: true, parseSpecial: true);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or ArgumentException)
        {
            // Broken surrogates in strings, a name twice in an object: JsonNode finds them when they are read.
            throw new RequestException($"The messages cannot be read: {wrong.Message.ReplaceLineEndings(" ")}");
        }
    }
}
