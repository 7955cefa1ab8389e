using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Jtfa.Cli.Decisions;
using Jtfa.Cli.Help;
using Jtfa.Language.Caches;
using Jtfa.Language.Decoding;
using Jtfa.Language.Generation;
using Jtfa.Language.Kernels;
using Jtfa.Language.Models;
using Jtfa.Language.Tokenizers.Templates;
using Microsoft.Extensions.AI;

namespace Jtfa.Cli.Commands.Language;

/// <summary><c>jtfa generate</c>: a text of a language model, on this machine or of a silo.</summary>
internal static class GenerateCommand
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private static readonly Option<string?> s_model = new("--model")
    {
        Description =
            "A GGUF file (default: the program's own small model, which writes a definition of the word that it is given); with --server " +
            "a model's name (default: its only one).",
    };
    private static readonly Option<string> s_prompt = new("--prompt")
    {
        Description = "What the text goes on after; \"\": a text begins.",
        DefaultValueFactory = _ => "",
    };
    private static readonly Option<bool> s_chat = new("--chat") { Description = "The prompt is a message, which the model answers." };
    private static readonly Option<string?> s_system = new("--system") { Description = "With --chat: what the model is told before it." };
    private static readonly SamplingFlags s_sampling = new();
    private static readonly Option<string?> s_schema = new("--json-schema") { Description = "A file: the text is JSON of this schema." };
    private static readonly Option<string?> s_draft = new("--draft")
    {
        Description = "A smaller model of the same vocabulary, which writes ahead: faster, and the text's distribution stays.",
    };
    private static readonly Option<bool> s_lookup = new("--lookup")
    {
        Description = "Guess that the text repeats itself or its prompt: faster where it does, and the text's distribution stays.",
    };
    private static readonly Option<CacheFormat> s_cache = new("--cache")
    {
        Description = "How keys and values are kept.",
        DefaultValueFactory = _ => CacheFormat.F16,
    };
    private static readonly Option<int> s_threads = LanguageFlags.Threads();
    private static readonly Option<string?> s_architectures = LanguageFlags.Architectures();
    private static readonly Option<bool> s_stats = new("--stats") { Description = "Say on standard error how fast it was." };
    private static readonly Option<bool> s_asJson = new("--json") { Description = "The same as one JSON object." };

    public static Command Create()
    {
        var command = new Command("generate", "Write a text with a language model: the text alone, as it comes (docs/language.md).")
        {
            s_model, s_prompt, s_chat, s_system,
        };
        s_sampling.AddTo(command);
        foreach (var option in (Option[])[s_schema, s_draft, s_lookup, s_cache, s_threads, s_architectures, s_stats, s_asJson])
            command.Add(option);
        command.Add(ServedModels.Server);
        command.Add(ServerOptions.Token);
        command.SetAction(RunAsync);
        return command.WithExamples(
            "jtfa generate --prompt lighthouse",
            "jtfa generate --model model.gguf --prompt \"Once upon a time\"",
            "jtfa generate --model model.gguf --chat --prompt \"What is a camera?\" --temperature 0 --max-tokens 100",
            "jtfa generate --model model.gguf --prompt \"A cat:\" --json-schema animal.json --seed 1",
            "jtfa generate --model model.gguf --draft small.gguf --prompt \"Once\" --stats",
            "jtfa generate --server http://fusion.local:5080 --model glosses --prompt lighthouse");
    }

    private static Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken) =>
        parsed.GetValue(ServedModels.Server) is not null
            ? AskAsync(parsed, cancellationToken)
            : Task.FromResult(Run(parsed, cancellationToken)); // all of it computes, on a thread that waits for nothing else

    private static async Task<int> AskAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        ServedModels.Refuse(parsed, [s_draft, s_lookup, s_cache, s_threads, s_architectures, .. s_sampling.NotServed]);
        var (prompt, isChat) = (parsed.GetValue(s_prompt)!, parsed.GetValue(s_chat));
        if (parsed.GetValue(s_system) is not null && !isChat) throw new UsageException("--system: it goes with --chat");
        var options = s_sampling.ServedOf(parsed);
        if (Schema(parsed.GetValue(s_schema)) is { } schema) options.ResponseFormat = ChatResponseFormat.ForJsonSchema(schema);
        using var client = ServerOptions.Connect(parsed);
        var model = await ServedModels.NameAsync(client, parsed.GetValue(s_model), cancellationToken);
        var answer = isChat
            ? client.GetChatClient(model).GetStreamingResponseAsync(Messages(parsed), options, cancellationToken)
            : client.ContinueAsync(model, prompt, options, cancellationToken);
        var (begin, output, figures) = (Stopwatch.GetTimestamp(), ResultOutput.Open(), new ServedReport());
        try
        {
            await foreach (var update in answer)
            {
                if (update.Text.Length > 0)
                {
                    if (figures.TimeToFirstTokenS is null)
                        figures = figures with { TimeToFirstTokenS = Stopwatch.GetElapsedTime(begin).TotalSeconds };
                    await output.WriteAsync(update.Text);
                    await output.FlushAsync(cancellationToken);
                }

                figures = figures.With(update);
            }
        }
        catch (IOException fault) when (ResultOutput.ReaderHasGone(fault))
        {
            return 0; // the reader of the output has closed it
        }

        if (!Console.IsOutputRedirected) await output.WriteLineAsync();
        figures = figures with { JobCompletionTimeS = Stopwatch.GetElapsedTime(begin).TotalSeconds };
        if (parsed.GetValue(s_asJson)) await Console.Error.WriteLineAsync(JsonSerializer.Serialize(figures, s_json));
        else if (parsed.GetValue(s_stats)) await Console.Error.WriteLineAsync(figures.ToString());
        return 0;
    }

    private static List<ChatMessage> Messages(ParseResult parsed)
    {
        List<ChatMessage> messages = [new(ChatRole.User, parsed.GetValue(s_prompt))];
        if (parsed.GetValue(s_system) is { } system) messages.Insert(0, new(ChatRole.System, system));
        return messages;
    }

    private static JsonElement? Schema(string? path) =>
        path is null || Grammar(path) is null ? null : JsonElement.Parse(LanguageFlags.TextOf(s_schema.Name, path));

    private static int Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        var options = s_sampling.Of(parsed);
        var grammar = Grammar(parsed.GetValue(s_schema));
        var (draftPath, isLookup) = (parsed.GetValue(s_draft), parsed.GetValue(s_lookup));
        if (draftPath is not null && isLookup) throw new UsageException("--draft and --lookup: allowed is one of both");
        using var workers = new Workers(LanguageFlags.ThreadsOf(parsed, s_threads));
        using var model = Load(parsed, parsed.GetValue(s_model) ?? ShippedModel.ModelPath, workers);
        using var draft = draftPath is null ? null : Load(parsed, draftPath, workers);
        if (draft is not null) model.CheckDraft(draft);
        var prompt = Prompt(parsed, model);
        foreach (var id in options.Sampling.LogitBias!.Keys)
        {
            if (id >= model.Tokenizer.VocabularySize)
                throw new UsageException($"--logit-bias {id}: allowed are text tokens below {model.Tokenizer.VocabularySize}");
        }

        var (cache, isTold) = (parsed.GetValue(s_cache), parsed.GetValue(s_stats) || parsed.GetValue(s_asJson));
        using var drafter = draft is null ? null : new ModelDrafter(draft, cache);
        var generator = new Generator(model, cache, isLookup ? new LookupDrafter() : drafter) { MeasuresPlainSteps = isTold };
        var output = ResultOutput.Open();
        GeneratedText text;
        try
        {
            text = generator.Run(
                prompt, options, piece =>
                {
                    output.Write(piece);
                    output.Flush();
                },
                grammar is null ? null : model.Masks(grammar), PromptLine.Of(prompt.Length), cancellationToken);
        }
        catch (IOException fault) when (ResultOutput.ReaderHasGone(fault))
        {
            return 0; // the reader of the output has closed it
        }

        if (!Console.IsOutputRedirected) output.WriteLine();
        if (isTold) Tell(text, parsed.GetValue(s_asJson));
        return 0;
    }

    private static TextModel Load(ParseResult parsed, string path, Workers workers) =>
        WorkBar.Show(progress => TextModel.Load(path, workers, parsed.GetValue(s_architectures), progress));

    private static JsonGrammar? Grammar(string? path)
    {
        if (path is null) return null;
        try
        {
            return JsonGrammar.Parse(LanguageFlags.TextOf(s_schema.Name, path));
        }
        catch (SchemaException fault)
        {
            throw new UsageException($"--json-schema {path}: {fault.Message}");
        }
    }

    private static int[] Prompt(ParseResult parsed, TextModel model)
    {
        var (prompt, isChat, path) = (parsed.GetValue(s_prompt)!, parsed.GetValue(s_chat), parsed.GetValue(s_model));
        if (parsed.GetValue(s_system) is not null && !isChat) throw new UsageException("--system: it goes with --chat");
        if (isChat)
        {
            if (model.Template is null) throw new UsageException($"--chat: {path} has no chat template; leave it out");
            prompt = Conversation(model.Template, parsed.GetValue(s_system), prompt);
        }

        var ids = model.Encode(prompt, parseSpecial: isChat);
        if (ids.Length == 0) throw new UsageException($"--prompt '': {path} names no token that begins a text; say a prompt");
        if (ids.Length > model.Longest)
            throw new UsageException($"--prompt: it has {ids.Length} text tokens, {path} takes {model.Longest}; shorten it");
        return ids;
    }

    private static string Conversation(ChatTemplate template, string? system, string prompt)
    {
        JsonArray messages = [new JsonObject { ["role"] = "user", ["content"] = prompt }];
        if (system is not null) messages.Insert(0, new JsonObject { ["role"] = "system", ["content"] = system });
        try
        {
            return template.Render(messages);
        }
        catch (TemplateException fault)
        {
            throw new UsageException($"--chat: {fault.Message}");
        }
    }

    private static void Tell(GeneratedText text, bool asJson)
    {
        var figures = text.Statistics;
        if (asJson)
        {
            Console.Error.WriteLine(JsonSerializer.Serialize(
                new Report(
                    text.Finish.ToString().ToLowerInvariant(), text.Seed, figures.PromptTokens, figures.CompletionTokens,
                    figures.PrefillSeconds, figures.DecodeSeconds, figures.PrefillTokensPerSecond, figures.DecodeTokensPerSecond,
                    figures.Passes, figures.Drafted, figures.Accepted, figures.Acceptance, figures.SpeedUp),
                s_json));
            return;
        }

        Console.Error.WriteLine(
            $"prompt: {figures.PromptTokens} text tokens, {ResultTable.Number(figures.PrefillTokensPerSecond, "F1")}/s; "
            + $"text: {figures.CompletionTokens} text tokens, {ResultTable.Number(figures.DecodeTokensPerSecond ?? double.NaN, "F1")}/s; "
            + $"ended by {(text.Finish == FinishReason.Stop ? "itself" : "--max-tokens or the context")}; seed {text.Seed}");
        if (figures.Acceptance is { } acceptance)
        {
            Console.Error.WriteLine(
                $"drafts: {figures.Accepted} of {figures.Drafted} text tokens were right "
                + $"({ResultTable.Number(acceptance * 100, "F0")} %), "
                + $"{ResultTable.Number(figures.SpeedUp ?? double.NaN, "F2")} times the speed without");
        }
    }

    private sealed record Report(
        string Finish, ulong Seed, int PromptTokens, int CompletionTokens, double PrefillS, double DecodeS, double PrefillTokensPerS,
        double? DecodeTokensPerS, int Passes, long Drafted, long Accepted, double? Acceptance, double? SpeedUp);

    private sealed record ServedReport
    {
        public string? Finish { get; init; }

        public long? PromptTokens { get; init; }

        public long? CompletionTokens { get; init; }

        public double? TimeToFirstTokenS { get; init; }

        public double JobCompletionTimeS { get; init; }

        public ServedReport With(ChatResponseUpdate update)
        {
            var usage = update.Contents.OfType<UsageContent>().LastOrDefault()?.Details;
            return this with
            {
                Finish = update.FinishReason?.Value ?? Finish,
                PromptTokens = usage?.InputTokenCount ?? PromptTokens,
                CompletionTokens = usage?.OutputTokenCount ?? CompletionTokens,
            };
        }

        public override string ToString() =>
            $"prompt: {PromptTokens} text tokens, the first of the text after {ResultTable.Ms(TimeToFirstTokenS ?? double.NaN)}; " +
            $"text: {CompletionTokens} text tokens in {ResultTable.Ms(JobCompletionTimeS)}, " +
            $"ended by {(Finish == "length" ? "--max-tokens or the context" : "itself")}";
    }
}
