using Jtfa.Language.Architectures;
using Jtfa.Language.Caches;
using Jtfa.Language.Files;

namespace Jtfa.Language.Planning;

/// <summary>What a model's parts take of a silo: bytes of memory, bytes read and multiplications for a text token.</summary>
public sealed record ModelCost
{
    /// <summary>Bytes of each block's weights; all of them are read for a step, of however many sequences.</summary>
    public required IReadOnlyList<long> BlockBytes { get; init; }

    /// <summary>Multiplications with addition of each block's matrices, for one text token.</summary>
    public required IReadOnlyList<long> BlockProducts { get; init; }

    /// <summary>Bytes of what the starter has beside its blocks: embeddings, learned positions and the head.</summary>
    public required long StarterBytes { get; init; }

    /// <summary>Bytes of the head, which are read for a step.</summary>
    public required long HeadBytes { get; init; }

    /// <summary>Multiplications with addition of the head, for one text token.</summary>
    public required long HeadProducts { get; init; }

    /// <summary>Bytes of a block's keys and values for one page of 16 text tokens.</summary>
    public required long PageBytes { get; init; }

    /// <summary>Numbers of a hidden state.</summary>
    public required int Width { get; init; }

    /// <summary>The format that most bytes of the weights have; a silo's speed is measured with it.</summary>
    public required string Format { get; init; }

    /// <summary>Heads of keys and values, which silos of one stage share.</summary>
    public int Heads { get; init; } = 1;

    /// <summary>What a border between two silos' heads has to be a multiple of, so that it lies between blocks of columns.</summary>
    public int HeadStep { get; init; } = 1;

    /// <summary>Sums over the silos of a stage for each of its blocks.</summary>
    public int SumsPerBlock { get; init; } = 2;

    /// <summary>Blocks.</summary>
    public int Blocks => BlockBytes.Count;

    /// <summary>Reads what a model takes from its file's list of tensors.</summary>
    /// <param name="file">The model; its weights are not read.</param>
    /// <param name="architecture">What is computed.</param>
    /// <param name="cache">How keys and values are kept.</param>
    /// <exception cref="ModelFileException">A key of the file is missing or outside its range, or a block has no weights.</exception>
    public static ModelCost Of(GgufFile file, Architecture architecture, CacheFormat cache)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(architecture);
        var sizes = Hyperparameters.Of(file, architecture);
        var names = architecture.Tensors;
        var (bytes, products) = (new long[sizes.Blocks], new long[sizes.Blocks]);
        var (starter, head, embedding) = (0L, (GgufTensor?)null, (GgufTensor?)null);
        foreach (var tensor in file.Tensors)
        {
            if (names.BlockOf(tensor.Name) is { } block)
            {
                if (block >= sizes.Blocks) continue; // nothing computes with it
                bytes[block] += tensor.Bytes;
                if (tensor.Shape.Count > 1) products[block] += tensor.Elements;
            }
            else if (!names.IsOfEveryStage(tensor.Name))
            {
                starter += tensor.Bytes;
                if (tensor.Name == $"{names.Output}.weight") head = tensor;
                if (tensor.Name == $"{names.Embedding}.weight") embedding = tensor;
            }
        }

        if (Array.IndexOf(products, 0) is var empty and >= 0)
            throw new ModelFileException(file.Path, $"block {empty} has no weights: convert the model again");
        head ??= architecture.Causal ? embedding : null;
        return new ModelCost
        {
            BlockBytes = bytes,
            BlockProducts = products,
            StarterBytes = starter,
            HeadBytes = head?.Bytes ?? 0,
            HeadProducts = head?.Elements ?? 0,
            PageBytes = PagePool.PageBytesOf(new CacheShape(1, sizes.KeyValueHeads, sizes.KeyLength, sizes.ValueLength), cache),
            Width = sizes.Width,
            Heads = sizes.KeyValueHeads,
            HeadStep = Models.TensorShare.HeadStep(file, architecture),
            SumsPerBlock = architecture.ParallelResidual ? 1 : 2,
            Format = file.Tensors.GroupBy(tensor => tensor.Format.Name).MaxBy(group => group.Sum(tensor => tensor.Bytes))!.Key,
        };
    }
}
