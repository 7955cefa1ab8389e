using Jtfa.Language.Weights;

namespace Jtfa.Language.Quantization;

/// <summary>Numbers of <c>general.file_type</c>: llama.cpp's own for its formats, the type's number for others.</summary>
internal static class FileTypes
{
    /// <summary>The version of llama.cpp's formats of blocks, which has not changed since 2023.</summary>
    public const uint QuantizationVersion = 2;

    /// <summary>The number of a file whose weights mostly have a format.</summary>
    public static uint Of(WeightFormat format) => format.Name switch
    {
        "F32" => 0,
        "F16" => 1,
        "Q4_0" => 2,
        "Q4_1" => 3,
        "Q8_0" => 7,
        "Q5_0" => 8,
        "Q5_1" => 9,
        "Q4_K" => 14,
        "Q5_K" => 16,
        "Q6_K" => 18,
        "BF16" => 32,
        _ => format.Id,
    };
}
