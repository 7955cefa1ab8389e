using System.CommandLine;
using Jtfa.Cli.Commands.Language;
using Jtfa.Lab.Bench;
using Jtfa.Language.Evaluation;
using Jtfa.Language.Models;
using Jtfa.Language.Weights;

namespace Jtfa.Lab.Commands;

/// <summary><c>jtfa bench formats</c>: the table of what formats of weights cost.</summary>
internal static class FormatsBenchCommand
{
    private static readonly Option<string> s_model = new("--model")
    {
        Description = "A GGUF file (default: the model that comes with the program).",
        DefaultValueFactory = _ => ShippedModel.ModelPath,
    };
    private static readonly Option<string> s_text = new("--text-file")
    {
        Description = "Texts, one a line (default: the glosses that the model was not trained on).",
        DefaultValueFactory = _ => ShippedModel.HeldOutPath,
    };
    private static readonly Option<string[]> s_types = new("--types")
    {
        Description = "The formats (default: all that are less exact than F32).",
        AllowMultipleArgumentsPerToken = true,
    };
    private static readonly Option<int> s_threads = LanguageFlags.Threads();

    public static Command Create()
    {
        var command = new Command(
            "formats",
            "What formats of weights cost a language model: its perplexity with the blocks' matrices as inexact as in each, and the ratio "
            + "to that of the file as it is, with 95 % intervals.")
        {
            s_model, s_text, s_types, s_threads,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (threads, formats) = (LanguageFlags.ThreadsOf(parsed, s_threads), FormatsOf(parsed));
            var text = LanguageFlags.TextOf(s_text.Name, parsed.GetValue(s_text)!);
            var rows = WorkBar.Show(
                progress => FormatsBench.Run(parsed.GetValue(s_model)!, text, formats, threads, progress, cancellationToken));
            await TableOf(rows).WriteAsync();
            await Console.Out.WriteLineAsync($"{rows[0].Tokens} text tokens");
        });
        return command.WithExamples("jtfa bench formats", "jtfa bench formats --types q3h q4_0 q4_k");
    }

    private static List<WeightFormat> FormatsOf(ParseResult parsed) => parsed.GetValue(s_types) is { Length: > 0 } names
        ? [.. names.Select(name => WeightFormat.Find(name) ?? throw new UsageException($"--types {name}: allowed is {WeightFormat.Known}"))]
        : [.. WeightFormat.All.Where(format => format.BitsPerWeight < 32).OrderByDescending(format => format.BitsPerWeight)];

    private static ResultTable TableOf(List<FormatFigures> rows)
    {
        var table = new ResultTable("format", "bits a weight", "perplexity", "interval", "ratio", "interval");
        foreach (var row in rows)
        {
            table.Add(
                row.Format, ResultTable.Number(row.BitsPerWeight, "0.##"), ResultTable.Number(row.Perplexity, "F3"),
                Shown(row.Around, "F2"), ResultTable.Number(row.Ratio, "F4"), Shown(row.AroundRatio, "F4"));
        }

        return table;

        static string Shown(Interval? interval, string format) => interval is { } known
            ? $"{ResultTable.Number(known.Low, format)} … {ResultTable.Number(known.High, format)}"
            : "–";
    }
}
