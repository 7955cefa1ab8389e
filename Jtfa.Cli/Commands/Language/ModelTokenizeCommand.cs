using System.CommandLine;
using System.Text.Json;
using Jtfa.Cli.Help;
using Jtfa.Language.Files;
using Jtfa.Language.Tokenizers;

namespace Jtfa.Cli.Commands.Language;

/// <summary><c>jtfa model tokenize</c>: the text tokens of a text.</summary>
internal static class ModelTokenizeCommand
{
    private static readonly Argument<string> s_model = new("model") { Description = "A GGUF file; its tokenizer is enough." };
    private static readonly Option<string?> s_text = new("--text") { Description = "The text." };
    private static readonly Option<string?> s_file = new("--text-file") { Description = "A file with the text." };
    private static readonly Option<bool> s_asJson = new("--json") { Description = "One JSON object with ids and names." };

    public static Command Create()
    {
        var command = new Command(
            "tokenize",
            "Say which text tokens a text is: their ids, without begin and end. Names of special tokens are text like any other.")
        {
            s_model, s_text, s_file, s_asJson,
        };
        command.SetAction(RunAsync);
        return command.WithExamples(
            "jtfa model tokenize model.gguf --text \"Once upon a time\" --json", "jtfa model tokenize model.gguf --text-file story.txt");
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var text = (parsed.GetValue(s_text), parsed.GetValue(s_file)) switch
        {
            ({ } own, null) => own,
            (null, { } path) => LanguageFlags.TextOf(s_file.Name, path),
            _ => throw new UsageException("--text or --text-file: one of both is needed"),
        };
        using var file = GgufFile.Open(parsed.GetValue(s_model)!);
        var tokenizer = Tokenizer.Load(file);
        var ids = tokenizer.Encode(text);
        cancellationToken.ThrowIfCancellationRequested();
        await Console.Out.WriteLineAsync(parsed.GetValue(s_asJson)
            ? JsonSerializer.Serialize(new { ids, tokens = ids.Select(tokenizer.NameOf) })
            : string.Join(' ', ids));
        return 0;
    }
}
