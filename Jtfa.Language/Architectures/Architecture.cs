using System.Text.Json;
using System.Text.Json.Serialization;
using Jtfa.Language.Files;

namespace Jtfa.Language.Architectures;

/// <summary>
/// What a family of models computes, as a file says it (<c>models/architectures/NAME.json</c>, NAME being the GGUF key
/// <c>general.architecture</c>): a new family is a new file.
/// </summary>
public sealed record Architecture
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
    };

    /// <summary>The folder of the files that come with the program.</summary>
    public static string Shipped { get; } = Path.Combine(AppContext.BaseDirectory, "models", "architectures");

    /// <summary>The value of <c>general.architecture</c>, which is the prefix of its keys, too.</summary>
    [JsonIgnore]
    public string Name { get; init; } = "";

    /// <summary>How numbers are normalised.</summary>
    public NormKind Norm { get; init; } = NormKind.Rms;

    /// <summary>Whether a block normalises what goes into its parts, or what comes out of them (with the residual).</summary>
    public NormPlace NormPlace { get; init; } = NormPlace.Before;

    /// <summary>How a text token's position gets into the numbers.</summary>
    public PositionKind Position { get; init; } = PositionKind.Rotary;

    /// <summary>Which two numbers of a head are turned together, where the position is rotary.</summary>
    public RotaryPairs RotaryPairs { get; init; } = RotaryPairs.Adjacent;

    /// <summary>The largest slope's exponent range of ALiBi, where the position is that (Press, Smith and Lewis 2022).</summary>
    public double AlibiMaxBias { get; init; } = 8;

    /// <summary>Whether a text token attends to those before it only.</summary>
    public bool Causal { get; init; } = true;

    /// <summary>Whether the feed-forward network has a gate.</summary>
    public bool GatedFeedForward { get; init; } = true;

    /// <summary>The feed-forward network's activation.</summary>
    public ActivationKind Activation { get; init; } = ActivationKind.Silu;

    /// <summary>Whether attention and feed-forward network take the same input and are added together.</summary>
    public bool ParallelResidual { get; init; }

    /// <summary>Whether embeddings are multiplied with the square root of their width.</summary>
    public bool ScaledEmbedding { get; init; }

    /// <summary>Whether the keys of a sliding window are obeyed; some files name one that their models were not made with.</summary>
    public bool SlidingWindow { get; init; } = true;

    /// <summary>Names of tensors that differ from <see cref="TensorNames"/>.</summary>
    public TensorNames Tensors { get; init; } = new();

    /// <summary>The architecture that a model file names.</summary>
    /// <param name="file">The model.</param>
    /// <param name="folder">Where architectures are looked for; null: <see cref="Shipped"/>.</param>
    /// <exception cref="ModelFileException">There is none of that name, or its file is wrong.</exception>
    public static Architecture Of(GgufFile file, string? folder = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        folder ??= Shipped;
        var name = file.Metadata.Get<string>("general.architecture");
        var path = Path.Combine(folder, $"{name}.json");

        // The name is the file's, which may say anything.
        var isName = name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && name[0] != '.';
        if (!isName || !File.Exists(path))
        {
            var files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.json") : [];
            var known = string.Join(", ", files.Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));
            throw new ModelFileException(
                file.Path, $"its architecture is '{name}', known are {known}: describe it in {folder}, or take another model");
        }

        try
        {
            var read = JsonSerializer.Deserialize<Architecture>(File.ReadAllBytes(path), s_json);
            return (read ?? throw new JsonException("it holds null")) with { Name = name };
        }
        catch (JsonException fault)
        {
            throw new ModelFileException(path, $"it describes no architecture ({fault.Message}): correct it", fault);
        }
    }
}

/// <summary>How numbers are normalised.</summary>
public enum NormKind
{
    /// <summary>x / √(mean x² + ε) (Zhang and Sennrich 2019).</summary>
    Rms,

    /// <summary>(x − mean) / √(variance + ε) (Ba, Kiros and Hinton 2016).</summary>
    Layer,
}

/// <summary>What a block normalises.</summary>
public enum NormPlace
{
    /// <summary>What goes into attention and feed-forward network.</summary>
    Before,

    /// <summary>The sum of what comes out of them and the residual.</summary>
    After,
}

/// <summary>How a text token's position gets into the numbers.</summary>
public enum PositionKind
{
    /// <summary>Queries and keys are turned by angles in proportion to it (RoPE, Su et al. 2021).</summary>
    Rotary,

    /// <summary>Scores fall with the distance (ALiBi, Press, Smith and Lewis 2022).</summary>
    Alibi,

    /// <summary>A learned vector is added to the embedding.</summary>
    Learned,
}

/// <summary>Which two numbers of a head are turned together.</summary>
public enum RotaryPairs
{
    /// <summary>2i and 2i + 1.</summary>
    Adjacent,

    /// <summary>i and i + half.</summary>
    Halves,
}

/// <summary>An activation.</summary>
public enum ActivationKind
{
    /// <summary>x / (1 + e^−x).</summary>
    Silu,

    /// <summary>x·Φ(x), by its approximation with tanh (Hendrycks and Gimpel 2016).</summary>
    Gelu,

    /// <summary>max(0, x).</summary>
    Relu,
}
