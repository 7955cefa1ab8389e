using System.CommandLine;
using Jtfa.Cli.Help;
using Jtfa.Language.Conversion;

namespace Jtfa.Cli.Commands.Language;

/// <summary><c>jtfa model convert</c>: a model of llama2.c as GGUF.</summary>
internal static class ModelConvertCommand
{
    private static readonly Argument<string> s_from = new("from") { Description = "llama2.c's .bin, of its first export." };
    private static readonly Argument<string> s_to = new("to") { Description = "The GGUF file to write." };
    private static readonly Option<string> s_tokenizer =
        new("--tokenizer") { Description = "llama2.c's tokenizer.bin of the model.", Required = true };
    private static readonly Option<string?> s_name = new("--name") { Description = "The model's name (default: the file's)." };

    public static Command Create()
    {
        var command = new Command("convert", "Convert a language model of llama2.c to GGUF; the file is there whole or not at all.")
        {
            s_from, s_to, s_tokenizer, s_name,
        };
        command.SetAction(RunAsync);
        return command.WithExamples("jtfa model convert stories15M.bin stories15M.gguf --tokenizer tokenizer.bin");
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (from, to) = (parsed.GetValue(s_from)!, parsed.GetValue(s_to)!);
        if (Path.GetFullPath(from) == Path.GetFullPath(to)) throw new UsageException($"{to} is the model itself: name another file");
        var model = Llama2cModel.Open(from, parsed.GetValue(s_tokenizer)!);
        var name = parsed.GetValue(s_name) ?? Path.GetFileNameWithoutExtension(from);
        WorkBar.Show(progress =>
        {
            model.Write(to, name, progress, cancellationToken);
            return 0;
        });
        await Console.Out.WriteLineAsync($"{to}: {ResultTable.Number(new FileInfo(to).Length / 1e6, "F1")} MB");
        return 0;
    }
}
