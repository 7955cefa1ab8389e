using System.CommandLine;
using System.Globalization;
using Jtfa.Cli.Chat;
using Jtfa.Cli.Decisions;
using Jtfa.Cli.Help;
using Jtfa.Language.Models;

namespace Jtfa.Cli.Commands.Language;

/// <summary><c>jtfa chat</c>: a conversation with a language model, on this machine or of a silo.</summary>
internal static class ChatCommand
{
    private const int UsualContext = 4096;
    private const int LeastContext = 32; // two pages, which an engine has at least
    private const double OwnTemperature = 0.3; // by which the program's own small model keeps to its word

    // Those of llama.cpp.
    private static readonly ChatSettings s_usual = new(new() { Temperature = 0.8, TopK = 40, TopP = 0.95, MinP = 0.05 }, null);

    private static readonly Option<string?> s_model = new("--model")
    {
        Description =
            "A GGUF file (default: the program's own small model, which writes a definition of the word that it is given); with --server " +
            "a model's name (default: its only one).",
    };
    private static readonly Option<string?> s_system = new("--system") { Description = "What the model is told before all else." };
    private static readonly Option<double?> s_temperature =
        new("--temperature") { Description = $"0: always the likeliest text token (default 0.8; {OwnTemperature} of the own model)." };
    private static readonly Option<long?> s_seed = new("--seed") { Description = "The same seed gives the same answers (default: drawn)." };
    private static readonly Option<int?> s_most =
        new("--max-tokens") { Description = "The most text tokens of an answer (default: as many as there is room for)." };
    private static readonly Option<int?> s_context = new("--context")
    {
        Description =
            $"Text tokens that a conversation may have, in pages of 16 (default: as the model was trained for, {UsualContext} at most).",
    };
    private static readonly Option<int> s_threads = LanguageFlags.Threads();
    private static readonly Option<string?> s_architectures = LanguageFlags.Architectures();

    public static Command Create()
    {
        var command = new Command(
            "chat",
            "Talk with a language model, in this process or of a silo; /help lists what else may be typed. On a pipe each line is a turn.")
        {
            s_model, s_system, s_temperature, s_seed, s_most, s_context, s_threads, s_architectures, ServedModels.Server,
            ServerOptions.Token,
        };
        command.SetAction(RunAsync);
        return command.WithExamples(
            "jtfa chat",
            "jtfa chat --model model.gguf --system \"Answer in one sentence.\"",
            "jtfa chat --server http://fusion.local:5080 --model glosses",
            "jtfa chat --temperature 0 --max-tokens 40");
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var settings = SettingsOf(parsed);
        if (parsed.GetValue(ServedModels.Server) is null) return await TalkHereAsync(parsed, settings, cancellationToken);
        ServedModels.Refuse(parsed, s_context, s_threads, s_architectures);
        using var client = ServerOptions.Connect(parsed);
        var name = await ServedModels.NameAsync(client, parsed.GetValue(s_model), cancellationToken);
        await client.GetModelAsync(name, cancellationToken); // whether it is there, before somebody types
        using var model = client.GetChatClient(name);
        var conversation = new Conversation(model, settings, TimeProvider.System) { System = parsed.GetValue(s_system) };
        return await TalkAsync(conversation, [$"{name} on {ServerOptions.AddressOf(parsed).Authority}."], cancellationToken);
    }

    private static async Task<int> TalkHereAsync(ParseResult parsed, ChatSettings settings, CancellationToken cancellationToken)
    {
        var path = parsed.GetValue(s_model) ?? ShippedModel.ModelPath;
        var threads = LanguageFlags.ThreadsOf(parsed, s_threads);
        if (parsed.GetValue(s_context) is < LeastContext and var least)
            throw new UsageException($"--context {least}: allowed is {LeastContext} or more");
        using var model = WorkBar.Show(progress => LocalModel.Load(
            path, threads, parsed.GetValue(s_context) ?? UsualContext, parsed.GetValue(s_architectures), progress));
        var conversation = new Conversation(model, settings, TimeProvider.System) { System = parsed.GetValue(s_system) };
        return await TalkAsync(conversation, Greeting(path, model), cancellationToken);
    }

    private static async Task<int> TalkAsync(Conversation conversation, IEnumerable<string> greeting, CancellationToken cancellationToken)
    {
        if (ChatTerminal.IsThere)
        {
            var terminal = new ChatTerminal();
            foreach (var line in greeting.Append("/help lists what else may be typed; Ctrl-D ends.")) terminal.Note(line);
            await new ChatSession(conversation, terminal).RunAsync(cancellationToken);
            return 0;
        }

        using var pipe = new ChatPipe();
        try
        {
            await new ChatSession(conversation, pipe).RunAsync(cancellationToken);
        }
        catch (IOException fault) when (ResultOutput.ReaderHasGone(fault))
        {
            // The reader of the answers has closed the pipe.
        }

        return 0;
    }

    private static IEnumerable<string> Greeting(string path, LocalModel model)
    {
        if (path == ShippedModel.ModelPath)
        {
            yield return "JTFA's own small model: give it a word, and it writes a definition in a dictionary's manner, often a wrong one.";
            yield return "Try: lighthouse, to run, happy (adjective). Other models: --model FILE.gguf.";
            yield break;
        }

        yield return $"{Path.GetFileName(path)}: a conversation may have {model.Longest} text tokens.";
        if (model.HasTemplate) yield break;
        yield return "Its file does not say how a conversation is written (no chat template), so ChatML is tried: answers may be nonsense.";
    }

    private static ChatSettings SettingsOf(ParseResult parsed)
    {
        var isOwn = parsed.GetValue(s_model) is null && parsed.GetValue(ServedModels.Server) is null;
        var settings = isOwn ? s_usual with { Sampling = s_usual.Sampling with { Temperature = OwnTemperature } } : s_usual;
        Take("temperature", parsed.GetValue(s_temperature));
        Take("seed", parsed.GetValue(s_seed));
        Take("max-tokens", parsed.GetValue(s_most));
        return settings;

        void Take(string name, IFormattable? value)
        {
            if (value is not null) settings = settings.With(name, value.ToString(null, CultureInfo.InvariantCulture), $"--{name}");
        }
    }
}
