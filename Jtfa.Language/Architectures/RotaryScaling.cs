using Jtfa.Language.Files;

namespace Jtfa.Language.Architectures;

/// <summary>Angles of rotary positions: position · base^(−2i/dimension) for pair i, and how a longer context changes them.</summary>
public sealed record RotaryScaling
{
    /// <summary>Numbers of a head that are turned; even.</summary>
    public required int Dimension { get; init; }

    /// <summary>The base of the angles' falling speeds.</summary>
    public required double Base { get; init; }

    /// <summary>By how much a longer context slows the angles: 1 for none.</summary>
    public required double Factor { get; init; }

    /// <summary>Whether fast pairs keep their speed (YaRN, Peng et al. 2023), or all are slowed alike.</summary>
    public required bool Yarn { get; init; }

    /// <summary>Text tokens that the model was trained with before its context was made longer.</summary>
    public required int OriginalContext { get; init; }

    /// <summary>A factor on queries and keys.</summary>
    public required double Magnitude { get; init; }

    /// <summary>Reads how a model turns queries and keys.</summary>
    internal static RotaryScaling Of(GgufFile file, Architecture architecture, int keyLength)
    {
        var (values, prefix) = (file.Metadata, $"{architecture.Name}.rope");
        var dimension = values.WholeNumber($"{prefix}.dimension_count", 0, keyLength, keyLength);
        if (architecture.Position == PositionKind.Rotary && dimension % 2 != 0)
            throw new ModelFileException(file.Path, $"{prefix}.dimension_count={dimension}: allowed are even numbers");
        var kind = values.TryGet<string>($"{prefix}.scaling.type", out var named) ? named : "none";
        if (kind is not ("none" or "linear" or "yarn" or "longrope"))
            throw new ModelFileException(file.Path, $"{prefix}.scaling.type={kind}: known are none, linear, yarn, longrope");
        var context = values.WholeNumber($"{architecture.Name}.context_length", 1, int.MaxValue);
        var older = values.Number($"{prefix}.scale_linear", 1); // the key of files made before there were several kinds
        var factor = kind switch
        {
            "linear" or "yarn" => values.Number($"{prefix}.scaling.factor", older),
            "longrope" => 1,
            _ => older,
        };
        var turn = values.Number($"{prefix}.freq_base", 10_000);
        if (!(factor > 0) || !(turn > 0)) throw new ModelFileException(file.Path, $"{prefix}.scaling.factor and freq_base must be above 0");
        return new RotaryScaling
        {
            Dimension = dimension,
            Base = turn,
            Factor = factor,
            Yarn = kind == "yarn",
            OriginalContext = values.WholeNumber($"{prefix}.scaling.original_context_length", 1, int.MaxValue, context),
            Magnitude = values.Number($"{prefix}.scaling.attn_factor", 1) * (kind == "yarn" ? 1 + (0.1 * Math.Log(factor)) : 1),
        };
    }
}
