using Jtfa.Language.Files;

namespace Jtfa.Language.Architectures;

/// <summary>The sizes of one model, from its file's metadata, checked.</summary>
public sealed record Hyperparameters
{
    private const int MaxSize = 1 << 24;

    /// <summary>Transformer blocks.</summary>
    public required int Blocks { get; init; }

    /// <summary>Numbers of a hidden state.</summary>
    public required int Width { get; init; }

    /// <summary>Numbers within the feed-forward network.</summary>
    public required int FeedForwardWidth { get; init; }

    /// <summary>Heads of queries.</summary>
    public required int Heads { get; init; }

    /// <summary>Heads of keys and values, each of which serves equally many heads of queries.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Numbers of a head's query and key.</summary>
    public required int KeyLength { get; init; }

    /// <summary>Numbers of a head's value.</summary>
    public required int ValueLength { get; init; }

    /// <summary>Text tokens that the model was made for.</summary>
    public required int Context { get; init; }

    /// <summary>Text tokens to which one attends at most; null: all before it.</summary>
    public required int? Window { get; init; }

    /// <summary>What a norm adds to a variance.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>How positions turn queries and keys.</summary>
    public required RotaryScaling Rotary { get; init; }

    /// <summary>Reads the sizes.</summary>
    /// <exception cref="ModelFileException">A key is missing or outside its range, or sizes contradict each other.</exception>
    public static Hyperparameters Of(GgufFile file, Architecture architecture)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(architecture);
        var (values, name) = (file.Metadata, architecture.Name);
        var width = values.WholeNumber($"{name}.embedding_length", 1, MaxSize);
        var heads = values.WholeNumber($"{name}.attention.head_count", 1, 4096);
        var pairs = values.WholeNumber($"{name}.attention.head_count_kv", 1, 4096, heads);
        if (heads % pairs != 0)
            throw new ModelFileException(file.Path, $"{pairs} heads of keys and values do not serve {heads} heads of queries equally");
        var keyLength = values.WholeNumber($"{name}.attention.key_length", 1, 65536, Math.Max(1, width / heads));
        var normKey = architecture.Norm == NormKind.Rms ? "layer_norm_rms_epsilon" : "layer_norm_epsilon";
        var window = architecture.SlidingWindow ? values.WholeNumber($"{name}.attention.sliding_window", 0, int.MaxValue, 0) : 0;
        return new Hyperparameters
        {
            Blocks = values.WholeNumber($"{name}.block_count", 1, 10_000),
            Width = width,
            FeedForwardWidth = values.WholeNumber($"{name}.feed_forward_length", 1, MaxSize, 4 * width),
            Heads = heads,
            KeyValueHeads = pairs,
            KeyLength = keyLength,
            ValueLength = values.WholeNumber($"{name}.attention.value_length", 1, 65536, keyLength),
            Context = values.WholeNumber($"{name}.context_length", 1, int.MaxValue),
            Window = window == 0 ? null : window,
            NormEpsilon = (float)values.Number($"{name}.attention.{normKey}"),
            Rotary = RotaryScaling.Of(file, architecture, keyLength),
        };
    }
}
