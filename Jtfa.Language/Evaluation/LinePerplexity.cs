using Jtfa.Language.Models;
using Jtfa.Language.Tokenizers;

namespace Jtfa.Language.Evaluation;

/// <summary>
/// How well a model foretells texts that have nothing to do with each other, one a line: each is foretold by itself, its end included.
/// </summary>
public static class LinePerplexity
{
    /// <summary>Lines as the model expects them, without empty ones.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="text">The lines.</param>
    public static IReadOnlyList<int[]> Tokens(Tokenizer tokenizer, string text)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(text);
        int[] end = tokenizer.EosId is { } eos ? [eos] : [];
        return [.. text.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => (int[])[.. Perplexity.Tokens(tokenizer, line), .. end])
            .Where(tokens => tokens.Length > 1)];
    }

    /// <summary>What each text token of the lines costs.</summary>
    /// <param name="model">The model.</param>
    /// <param name="lines">The lines, at least one.</param>
    /// <param name="window">Text tokens of a window, where a line is longer.</param>
    /// <param name="progress">Is told how many lines have been foretold.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InvalidOperationException">The model is an encoder, which foretells nothing.</exception>
    public static TextLosses Of(
        LanguageModel model, IReadOnlyList<int[]> lines, int window, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(lines);
        var losses = new List<TextLosses>(lines.Count);
        foreach (var line in lines)
        {
            losses.Add(Perplexity.Of(model, line, window, progress: null, cancellationToken));
            progress?.Report(new("perplexity", losses.Count, lines.Count));
        }

        return TextLosses.Join(losses);
    }
}
