using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Language.Architectures;
using Jtfa.Language.Caches;
using Jtfa.Language.Decoding;
using Jtfa.Language.Files;
using Jtfa.Language.Generation;
using Jtfa.Language.Serving;
using Jtfa.Language.Tokenizers;
using Jtfa.Language.Tokenizers.Templates;

namespace Jtfa.Silo.Language;

/// <summary>A language model in memory: makes what its engine computes of what is asked for. From whichever thread.</summary>
internal sealed class LoadedModel : IDisposable
{
    // What is written for a model that has no template of its own, as llama.cpp does.
    private const string ChatMl =
        "{% for message in messages %}" +
        "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}" +
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    private readonly LanguageEngine _engine;
    private readonly ChatTemplate _template;
    private readonly TimeProvider _clock;

    private LoadedModel(LanguageEngine engine, ChatTemplate template, TimeProvider clock) =>
        (_engine, _template, _clock, LoadedAt) = (engine, template, clock, clock.GetUtcNow());

    /// <summary>When it was loaded.</summary>
    public DateTimeOffset LoadedAt { get; }

    /// <summary>Whether its engine broke down: it answers no more, and has to be loaded again.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Bytes of its weights and pages.</summary>
    public long Bytes => _engine.Bytes;

    /// <summary>Text tokens of the longest text.</summary>
    public int LongestText => _engine.LongestText;

    /// <summary>What it has at this moment, and has done.</summary>
    public EngineStatistics Statistics => _engine.Statistics;

    /// <summary>Bytes that a model will take: those of its file and of its pages.</summary>
    /// <exception cref="ModelFileException">The file is damaged, or no model of a known architecture.</exception>
    public static long BytesOf(ModelOptions options)
    {
        using var file = GgufFile.Open(options.File);
        var sizes = Hyperparameters.Of(file, Architecture.Of(file, null));
        long row = options.CacheFormat switch { CacheFormat.F32 => 4, CacheFormat.F16 => 2, _ => 1 };
        var pages = row * (sizes.KeyLength + sizes.ValueLength) * sizes.KeyValueHeads * sizes.Blocks * PagePool.PageTokens * options.Pages;
        return new FileInfo(options.File).Length + pages;
    }

    /// <summary>Loads a model.</summary>
    /// <exception cref="ModelFileException">The file is damaged, or no model of a known architecture.</exception>
    /// <exception cref="TemplateException">The configured template cannot be used.</exception>
    public static LoadedModel Load(ModelOptions options, int threads, TimeProvider clock)
    {
        var engine = LanguageEngine.Load(options.File, threads, options.Engine, clock);
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

            return new LoadedModel(engine, template ?? ChatTemplate.Parse(ChatMl), clock);
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    /// <summary>Asks for a text.</summary>
    public (TextStart Start, ServedText? Text) Submit(TextRequest request)
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
                    new ServedText(accepted.Stream, _engine.Tokenizer)),
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

    /// <summary>The text tokens of a text.</summary>
    public Tokenized Tokenize(string text, bool addSpecial, bool parseSpecial)
    {
        int[] tokens = [.. Encode(text, addSpecial, parseSpecial)];
        return new(new(), tokens, [.. tokens.Select(token => _engine.Tokenizer.BytesOf(token).ToArray())]);
    }

    /// <summary>What text tokens say.</summary>
    public Detokenized Detokenize(int[] tokens)
    {
        var most = _engine.Tokenizer.VocabularySize - 1;
        foreach (var token in tokens)
            if (token < 0 || token > most) return new(Refused($"There is no text token {token}: known are 0 … {most}."), "");
        var (decoder, text) = (new TextDecoder(_engine.Tokenizer), new StringBuilder());
        foreach (var token in tokens) text.Append(decoder.Append(token));
        return new(new(), text.Append(decoder.Finish()).ToString());
    }

    /// <inheritdoc />
    public void Dispose() => _engine.Dispose();

    private static TextStart Refused(string fault) => new() { Answer = TextAnswer.Refused, Fault = fault };

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

    private IEnumerable<int> Encode(string text, bool addSpecial, bool parseSpecial)
    {
        var tokenizer = _engine.Tokenizer;
        var ids = tokenizer.Encode(text, parseSpecial);
        if (!addSpecial || !tokenizer.AddsBos || (ids is [var first, ..] && first == tokenizer.BosId)) return ids;
        return ids.Prepend(tokenizer.BosId!.Value); // a template may have written it
    }
}
