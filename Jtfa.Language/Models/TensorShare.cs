using System.Globalization;
using Jtfa.Language.Architectures;
using Jtfa.Language.Files;

namespace Jtfa.Language.Models;

/// <summary>
/// One silo's share of a stage's tensors: heads of keys and values with the heads of queries that they serve, and columns of the
/// feed-forward networks. What the shares give for attention, and for the feed-forward network, is added up (Shoeybi et al. 2019,
/// "Megatron-LM").
/// </summary>
/// <param name="All">The whole model's sizes.</param>
/// <param name="FirstHead">The first head of keys and values.</param>
/// <param name="Heads">How many.</param>
/// <param name="FirstColumn">The first column of the feed-forward networks.</param>
/// <param name="Columns">How many.</param>
public sealed record TensorShare(Hyperparameters All, int FirstHead, int Heads, int FirstColumn, int Columns)
{
    /// <summary>The sizes of the share, as those of a model with fewer heads.</summary>
    internal Hyperparameters Sizes => All with
    {
        Heads = Heads * (All.Heads / All.KeyValueHeads),
        KeyValueHeads = Heads,
        FeedForwardWidth = Columns,
    };

    /// <summary>Whether its parts of sums have the biases, which are added once.</summary>
    internal bool HasBiases => FirstHead == 0;

    /// <summary>All of the tensors.</summary>
    public static TensorShare Whole(Hyperparameters sizes)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        return new(sizes, 0, sizes.KeyValueHeads, 0, sizes.FeedForwardWidth);
    }

    /// <summary>
    /// Shares with so many heads of keys and values each, and columns in proportion. Matrices whose rows are blocks of columns are cut
    /// between blocks: columns are given to the nearest border, and heads whose border lies within a block cannot be.
    /// </summary>
    /// <param name="file">The model.</param>
    /// <param name="architecture">What is computed.</param>
    /// <param name="heads">Heads of each share, in order, together the model's.</param>
    /// <exception cref="ModelFileException">The model has other heads, or they, or its columns, cannot be cut so.</exception>
    public static IReadOnlyList<TensorShare> Of(GgufFile file, Architecture architecture, IReadOnlyList<int> heads)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(heads);
        var sizes = Hyperparameters.Of(file, architecture);
        if (heads.Count == 0 || heads.Any(count => count < 1) || heads.Sum() != sizes.KeyValueHeads)
        {
            throw new ModelFileException(
                file.Path, $"shares of {string.Join(" + ", heads)} heads: allowed are 1 or more each, together {sizes.KeyValueHeads}, "
                + "which are all heads of keys and values");
        }

        var group = sizes.Heads / sizes.KeyValueHeads * sizes.ValueLength;
        var output = BlockLength(file, architecture.Tensors.AttentionOutput, sizes);
        var down = BlockLength(file, architecture.Tensors.Down, sizes);
        var shares = new List<TensorShare>(heads.Count);
        var (head, column) = (0, 0);
        foreach (var count in heads)
        {
            var (endHead, whole) = (head + count, (double)sizes.FeedForwardWidth / sizes.KeyValueHeads);
            if (endHead < sizes.KeyValueHeads && endHead * group % output != 0)
            {
                throw new ModelFileException(
                    file.Path, $"its heads cannot be shared as {string.Join(" + ", heads)}: {endHead} of them end at column "
                    + $"{endHead * group}, within a block of {output}; allowed is a multiple of {Step(group, output)} heads");
            }

            // A block at least for this share and for each that comes after it.
            var least = column + down;
            var most = sizes.FeedForwardWidth - (down * (heads.Count - shares.Count - 1));
            if (least > most)
            {
                throw new ModelFileException(
                    file.Path, $"its feed-forward network has too few blocks of {down} columns for {heads.Count} shares");
            }

            var end = endHead == sizes.KeyValueHeads
                ? sizes.FeedForwardWidth
                : Math.Clamp((int)Math.Round(endHead * whole / down) * down, least, most / down * down);
            shares.Add(new(sizes, head, count, column, end - column));
            (head, column) = (endHead, end);
        }

        return shares;
    }

    /// <summary>How many heads of keys and values a border between shares may only be a multiple of.</summary>
    /// <param name="file">The model.</param>
    /// <param name="architecture">What is computed.</param>
    public static int HeadStep(GgufFile file, Architecture architecture)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(architecture);
        var sizes = Hyperparameters.Of(file, architecture);
        return Step(sizes.Heads / sizes.KeyValueHeads * sizes.ValueLength, BlockLength(file, architecture.Tensors.AttentionOutput, sizes));
    }

    private static int Step(int group, int block)
    {
        var step = 1;
        while (step * group % block != 0) step++;
        return step;
    }

    // The longest of all blocks' tensors of a name: formats may differ from one to the next. Lengths are powers of two.
    private static int BlockLength(GgufFile file, string pattern, Hyperparameters sizes) => Enumerable.Range(0, sizes.Blocks)
        .Select(block => file.Find($"{string.Format(CultureInfo.InvariantCulture, pattern, block)}.weight")?.Format.BlockLength ?? 1).Max();
}
