using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Jtfa.Cli.Help;
using Jtfa.Language;
using Jtfa.Language.Evaluation;
using Jtfa.Language.Files;
using Jtfa.Language.Models;
using Jtfa.Language.Tokenizers;
using Jtfa.Language.Weights;

namespace Jtfa.Cli.Commands.Language;

/// <summary><c>jtfa model perplexity</c>: how well a language model foretells a text, and what a format of weights costs it.</summary>
internal static class ModelPerplexityCommand
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    private static readonly Argument<string> s_model = new("model") { Description = "A GGUF file." };
    private static readonly Option<string> s_text = new("--text-file") { Description = "The text.", Required = true };
    private static readonly Option<string?> s_type = new("--type")
    {
        Description = "Also with the blocks' matrices as inexact as in this format, q3h for one.",
    };
    private static readonly Option<int> s_context = new("--context")
    {
        Description = $"Text tokens of a window (default: the model's context, at most {Perplexity.UsualWindow}).",
    };
    private static readonly Option<bool> s_lines = new("--lines")
    {
        Description = "Each line is a text by itself, whose end is foretold, too.",
    };
    private static readonly Option<int> s_threads = LanguageFlags.Threads();
    private static readonly Option<bool> s_asJson = new("--json") { Description = "Print one JSON object." };

    public static Command Create()
    {
        var command = new Command(
            "perplexity",
            "Say how well a language model foretells a text, with 95 % intervals: e to the mean negative logarithm of its text tokens' "
            + "probabilities.")
        {
            s_model, s_text, s_lines, s_type, s_context, s_threads, s_asJson,
        };
        command.SetAction(RunAsync);
        return command.WithExamples(
            "jtfa model perplexity model.gguf --text-file text.txt",
            "jtfa model perplexity model.gguf --text-file text.txt --type q3h --json");
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (format, threads) = (LanguageFlags.FormatOf(parsed, s_type), LanguageFlags.ThreadsOf(parsed, s_threads));
        var (path, text) = (parsed.GetValue(s_model)!, LanguageFlags.TextOf(s_text.Name, parsed.GetValue(s_text)!));
        var report = WorkBar.Show(progress => Measure(parsed, path, text, format, threads, progress, cancellationToken));
        if (parsed.GetValue(s_asJson)) await Console.Out.WriteLineAsync(JsonSerializer.Serialize(report, s_json));
        else await TableOf(report).WriteAsync();
        return 0;
    }

    private static Report Measure(
        ParseResult parsed, string path, string text, WeightFormat? format, int threads, IProgress<WorkProgress>? progress,
        CancellationToken cancellationToken)
    {
        IReadOnlyList<int[]> texts;
        using (var file = GgufFile.Open(path))
        {
            var tokenizer = Tokenizer.Load(file);
            texts = parsed.GetValue(s_lines) ? LinePerplexity.Tokens(tokenizer, text) : [Perplexity.Tokens(tokenizer, text)];
        }

        if (!texts.Any(tokens => tokens.Length > 1))
            throw new UsageException("--text-file: the text has less than two text tokens, take a longer one");
        int window;
        TextLosses asIs;
        using (var model = LanguageModel.Load(path, threads))
        {
            if (!model.Architecture.Causal) throw new ModelFileException(path, "it is an encoder, which foretells no text: take another");
            var longest = model.LongestSequence ?? 1 << 20;
            window = parsed.GetResult(s_context) is { Implicit: false }
                ? LanguageFlags.WholeNumber(parsed, s_context, 2, longest)
                : Math.Min(Math.Min(model.Sizes.Context, longest), Perplexity.UsualWindow);
            asIs = Losses(model);
        }

        var tried = format is null ? asIs : FormatTrial.Of(path, format, threads, Losses, progress, cancellationToken);
        return Report.Of(path, format, window, tried, asIs);

        TextLosses Losses(LanguageModel model) => texts is [var whole]
            ? Perplexity.Of(model, whole, window, progress, cancellationToken)
            : LinePerplexity.Of(model, texts, window, progress, cancellationToken);
    }

    private static ResultTable TableOf(Report report)
    {
        var table = new ResultTable("", "perplexity", "from", "to");
        void Add(string name, double value, double? low, double? high) => table.Add(
            name, ResultTable.Number(value, "F4"), ResultTable.Number(low ?? double.NaN, "F4"),
            ResultTable.Number(high ?? double.NaN, "F4"));
        Add("as it is", report.F32Perplexity, report.F32PerplexityLow, report.F32PerplexityHigh);
        if (report.Type is null) return table;
        Add(report.Type, report.Perplexity, report.PerplexityLow, report.PerplexityHigh);
        Add("ratio", report.Ratio, report.RatioLow, report.RatioHigh);
        return table;
    }

    /// <summary>What came out; <c>f32_</c> is the file as it is, intervals are at 95 % and null for a short text.</summary>
    private sealed record Report(
        string Model, string? Type, int Tokens, int Context, double Perplexity, double? PerplexityLow, double? PerplexityHigh,
        [property: JsonPropertyName("f32_perplexity")] double F32Perplexity,
        [property: JsonPropertyName("f32_perplexity_low")] double? F32PerplexityLow,
        [property: JsonPropertyName("f32_perplexity_high")] double? F32PerplexityHigh,
        double Ratio, double? RatioLow, double? RatioHigh)
    {
        public static Report Of(string path, WeightFormat? format, int window, TextLosses tried, TextLosses asIs)
        {
            var (own, other, ratio) = (tried.Interval(), asIs.Interval(), tried.IntervalOfRatioTo(asIs));
            return new Report(
                path, format?.Name, tried.Count, window, tried.Perplexity, own?.Low, own?.High, asIs.Perplexity, other?.Low, other?.High,
                tried.RatioTo(asIs), ratio?.Low, ratio?.High);
        }
    }
}
