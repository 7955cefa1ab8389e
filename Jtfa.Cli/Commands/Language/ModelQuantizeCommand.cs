using System.CommandLine;
using System.Text.Json;
using Jtfa.Cli.Help;
using Jtfa.Language.Files;
using Jtfa.Language.Quantization;
using Jtfa.Language.Weights;

namespace Jtfa.Cli.Commands.Language;

/// <summary><c>jtfa model quantize</c>: a language model's file with smaller weights.</summary>
internal static class ModelQuantizeCommand
{
    private const string Auto = "auto";

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    private static readonly Argument<string> s_from = new("from") { Description = "A GGUF file." };
    private static readonly Argument<string> s_to = new("to") { Description = "The file to write." };
    private static readonly Option<string> s_type = new("--type")
    {
        Description = "The format of matrices, q4_0 for one, or auto: one for each matrix, from measured sensitivity. Other programs read "
            + "F32 … Q6_K alone.",
        Required = true,
    };
    private static readonly Option<double?> s_bits =
        new("--bits") { Description = "With auto: bits that a matrix's number may take in the mean, embeddings and head included." };
    private static readonly Option<string?> s_text =
        new("--text-file") { Description = "With auto: the text to measure on (default: what the model itself writes)." };
    private static readonly Option<string?> s_embedding =
        new("--embedding-type") { Description = "The embeddings' format (default: --type)." };
    private static readonly Option<string?> s_output = new("--output-type")
    {
        Description = "The head's format, and that of embeddings which are the head (default: --type, Q6_K where that is less exact).",
    };
    private static readonly Option<int> s_threads = LanguageFlags.Threads();
    private static readonly Option<bool> s_asJson = new("--json") { Description = "Print one JSON object." };

    public static Command Create()
    {
        var command = new Command("quantize", "Write a language model with smaller weights; it is there whole or not at all.")
        {
            s_from, s_to, s_type, s_bits, s_text, s_embedding, s_output, s_threads, s_asJson,
        };
        command.SetAction(RunAsync);
        return command.WithExamples(
            "jtfa model quantize model.gguf small.gguf --type q3h",
            "jtfa model quantize model.gguf small.gguf --type auto --bits 4.5 --text-file text.txt");
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (from, to, threads) = (parsed.GetValue(s_from)!, parsed.GetValue(s_to)!, LanguageFlags.ThreadsOf(parsed, s_threads));
        if (Path.GetFullPath(from) == Path.GetFullPath(to)) throw new UsageException($"{to} is the model itself: name another file");
        var isAuto = parsed.GetValue(s_type)!.Equals(Auto, StringComparison.OrdinalIgnoreCase);
        CheckTogether(parsed, isAuto);
        var format = isAuto ? null : Format(s_type.Name, parsed.GetValue(s_type)!);
        var (embedding, output) = (LanguageFlags.FormatOf(parsed, s_embedding), LanguageFlags.FormatOf(parsed, s_output));
        var text = parsed.GetValue(s_text) is { } path ? LanguageFlags.TextOf(s_text.Name, path) : null;
        using var file = GgufFile.Open(from);
        var report = WorkBar.Show(progress =>
        {
            var auto = format is null
                ? AutoQuantization.Of(file, parsed.GetValue(s_bits)!.Value, text, threads, progress, cancellationToken)
                : null;
            var plans = auto?.Plans ?? QuantizationPlan.Uniform(file, format!, embedding, output);
            Quantizer.Write(file, to, QuantizationPlan.Metadata(file, plans), plans, threads, progress, cancellationToken);
            return new Report(
                to, new FileInfo(from).Length, new FileInfo(to).Length, QuantizationPlan.MeanBits(file, plans), auto?.Divergence,
                auto?.Uniform?.Name, auto?.UniformDivergence, [.. plans.Select(plan => Line(plan, auto))]);
        });
        if (parsed.GetValue(s_asJson)) await Console.Out.WriteLineAsync(JsonSerializer.Serialize(report, s_json));
        else await TellAsync(report, isAuto);
        return 0;
    }

    private static void CheckTogether(ParseResult parsed, bool isAuto)
    {
        if (isAuto)
        {
            if (parsed.GetValue(s_bits) is not (>= 1 and <= 16))
                throw new UsageException($"{s_bits.Name} {parsed.GetValue(s_bits)}: with --type auto, allowed is 1 … 16");
            if (parsed.GetValue(s_embedding) is not null || parsed.GetValue(s_output) is not null)
                throw new UsageException($"{s_embedding.Name}, {s_output.Name}: allowed with a format as --type; auto chooses theirs, too");
        }
        else if (parsed.GetValue(s_bits) is not null || parsed.GetValue(s_text) is not null)
        {
            throw new UsageException($"{s_bits.Name}, {s_text.Name}: allowed with --type auto alone");
        }
    }

    private static WeightFormat Format(string option, string name) => WeightFormat.Find(name)
        ?? throw new UsageException($"{option} {name}: allowed is {Auto}, {WeightFormat.Known}");

    private static Row Line(TensorPlan plan, AutoQuantization? auto)
    {
        var costs = auto?.Costs.FirstOrDefault(costs => costs.Tensor == plan.Tensor);
        return new Row(
            plan.Tensor.Name, plan.Tensor.Elements, plan.Tensor.Format.Name, plan.Format.Name, plan.Format.BitsPerWeight,
            costs?.Costs.First(cost => cost.Format == plan.Format).Divergence, plan.Note);
    }

    private static async Task TellAsync(Report report, bool isAuto)
    {
        if (isAuto)
        {
            var table = new ResultTable("tensor", "numbers", "format", "bits", "divergence");
            foreach (var row in report.Tensors.Where(row => row.Divergence is not null))
            {
                table.Add(row.Name, ResultTable.Count(row.Numbers), row.To, ResultTable.Number(row.Bits, "F2"),
                    ResultTable.Number(row.Divergence!.Value, "E1"));
            }

            await table.WriteAsync();
        }

        // Why, in one line, however many tensors it is for.
        foreach (var notes in report.Tensors.Where(row => row.Note is not null).GroupBy(row => (row.Note, row.To)))
        {
            var (first, others) = (notes.First().Name, notes.Count() - 1);
            var names = others > 0 ? $"{first} and {others} more" : first;
            await Console.Out.WriteLineAsync($"{names}: {notes.Key.To}, since {notes.Key.Note}");
        }

        await Console.Out.WriteLineAsync(
            $"{report.File}: {Megabytes(report.BytesBefore)} → {Megabytes(report.Bytes)} MB, matrices "
            + $"{ResultTable.Number(report.MeanBits, "F2")} bits a number");
        if (!isAuto) return;
        var other = report.Uniform is null
            ? ""
            : $"; with {report.Uniform} for all {ResultTable.Number(report.UniformDivergence!.Value, "F4")}";
        await Console.Out.WriteLineAsync(
            $"divergence of its predictions {ResultTable.Number(report.Divergence!.Value, "F4")}{other} (0 is the model as it was)");
    }

    private static string Megabytes(long bytes) => ResultTable.Number(bytes / 1e6, "F1");

    /// <summary>What was written.</summary>
    private sealed record Report(
        string File, long BytesBefore, long Bytes, double MeanBits, double? Divergence, string? Uniform, double? UniformDivergence,
        IReadOnlyList<Row> Tensors);

    /// <summary>What became of a tensor.</summary>
    private sealed record Row(string Name, long Numbers, string From, string To, double Bits, double? Divergence, string? Note);
}
