using Jtfa.Language;
using Jtfa.Language.Evaluation;
using Jtfa.Language.Files;
using Jtfa.Language.Models;
using Jtfa.Language.Tokenizers;
using Jtfa.Language.Weights;

namespace Jtfa.Lab.Bench;

/// <summary>What each format of weights costs a model's perplexity on lines that have nothing to do with each other.</summary>
internal static class FormatsBench
{
    public static List<FormatFigures> Run(
        string path, string text, IReadOnlyList<WeightFormat> formats, int threads, IProgress<WorkProgress>? progress,
        CancellationToken cancellationToken)
    {
        IReadOnlyList<int[]> lines;
        int window;
        using (var file = GgufFile.Open(path)) lines = LinePerplexity.Tokens(Tokenizer.Load(file), text);
        if (lines.Count == 0) throw new UsageException("--text-file: it has no line with text");
        TextLosses asIs;
        using (var model = LanguageModel.Load(path, threads))
        {
            window = model.Sizes.Context;
            asIs = Losses(model);
        }

        List<FormatFigures> rows = [FormatFigures.Of("as it is", double.NaN, asIs, asIs)];
        foreach (var format in formats)
        {
            var tried = FormatTrial.Of(path, format, threads, Losses, progress, cancellationToken);
            rows.Add(FormatFigures.Of(format.Name, format.BitsPerWeight, tried, asIs));
        }

        return rows;

        TextLosses Losses(LanguageModel model) => LinePerplexity.Of(model, lines, window, progress, cancellationToken);
    }
}

/// <summary>A row. Intervals are at 95 %; the ratio is to the file as it is, on the same text.</summary>
internal sealed record FormatFigures(
    string Format, double BitsPerWeight, int Tokens, double Perplexity, Interval? Around, double Ratio, Interval? AroundRatio)
{
    public static FormatFigures Of(string name, double bits, TextLosses tried, TextLosses asIs) =>
        new(name, bits, tried.Count, tried.Perplexity, tried.Interval(), tried.RatioTo(asIs), tried.IntervalOfRatioTo(asIs));
}
