using System.Globalization;

namespace Jtfa.Language.Weights;

/// <summary>
/// How a tensor's numbers are stored: in blocks of equally many numbers and bytes, each of which can be decoded by itself. Rows begin
/// with a block.
/// </summary>
/// <param name="id">The type's number in a GGUF file.</param>
/// <param name="name">Its name.</param>
/// <param name="blockLength">Numbers of a block.</param>
/// <param name="blockBytes">Bytes of a block.</param>
public abstract class WeightFormat(uint id, string name, int blockLength, int blockBytes)
{
    /// <summary>The first number of types that are this project's own: other programs refuse them.</summary>
    public const uint FirstOwnId = 1000;

    private static readonly WeightFormat[] s_all =
    [
        new F32Format(), new F16Format(), new BF16Format(),
        new Q8_0Format(), new Q4_0Format(), new Q4_1Format(), new Q5_0Format(), new Q5_1Format(),
        new Q4_KFormat(), new Q5_KFormat(), new Q6_KFormat(),
        new AffineFormat(1000, bits: 8, blockLength: 32), new AffineFormat(1001, bits: 8, blockLength: 64),
        new AffineFormat(1002, bits: 6, blockLength: 32), new AffineFormat(1003, bits: 6, blockLength: 64),
        new AffineFormat(1004, bits: 4, blockLength: 32), new AffineFormat(1005, bits: 4, blockLength: 64),
        new Q3HFormat(1006, blockLength: 32), new Q3HFormat(1007, blockLength: 64),
        new AffineFormat(1008, bits: 3, blockLength: 32), new AffineFormat(1009, bits: 3, blockLength: 64),
    ];

    // Types of other programs, to name them in a refusal.
    private static readonly Dictionary<uint, string> s_foreign = new()
    {
        [9] = "Q8_1",
        [10] = "Q2_K",
        [11] = "Q3_K",
        [15] = "Q8_K",
        [16] = "IQ2_XXS",
        [17] = "IQ2_XS",
        [18] = "IQ3_XXS",
        [19] = "IQ1_S",
        [20] = "IQ4_NL",
        [21] = "IQ3_S",
        [22] = "IQ2_S",
        [23] = "IQ4_XS",
        [24] = "I8",
        [25] = "I16",
        [26] = "I32",
        [27] = "I64",
        [28] = "F64",
        [29] = "IQ1_M",
        [34] = "TQ1_0",
        [35] = "TQ2_0",
        [39] = "MXFP4",
    };

    /// <summary>All formats.</summary>
    public static IReadOnlyList<WeightFormat> All => s_all;

    /// <summary>The names of all formats, for messages.</summary>
    public static string Known => string.Join(", ", s_all.Select(format => format.Name));

    /// <summary>The type's number in a GGUF file.</summary>
    public uint Id { get; } = id;

    /// <summary>Its name, as in <c>Q4_0</c>.</summary>
    public string Name { get; } = name;

    /// <summary>Numbers of a block.</summary>
    public int BlockLength { get; } = blockLength;

    /// <summary>Bytes of a block.</summary>
    public int BlockBytes { get; } = blockBytes;

    /// <summary>Bits that a number takes, all that its block holds included.</summary>
    public double BitsPerWeight => 8.0 * BlockBytes / BlockLength;

    /// <summary>The format of a number in a GGUF file; null when it is unknown.</summary>
    public static WeightFormat? Find(uint id) => Array.Find(s_all, format => format.Id == id);

    /// <summary>The format of a name, however it is capitalised; <c>q3h</c> is <c>Q3H_B64</c>. Null when it is unknown.</summary>
    public static WeightFormat? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        bool Is(WeightFormat format, string suffix) => string.Equals(format.Name, name + suffix, StringComparison.OrdinalIgnoreCase);
        return Array.Find(s_all, format => Is(format, "")) ?? Array.Find(s_all, format => Is(format, "_B64"));
    }

    /// <summary>The name of a number in a GGUF file: the number itself when it is unknown.</summary>
    public static string NameOf(uint id) =>
        Find(id)?.Name ?? (s_foreign.TryGetValue(id, out var name) ? name : id.ToString(CultureInfo.InvariantCulture));

    /// <summary>Bytes of so many numbers, a multiple of <see cref="BlockLength"/>.</summary>
    public long BytesOf(long elements) => elements / BlockLength * BlockBytes;

    /// <summary>Decodes blocks.</summary>
    /// <param name="blocks">Whole blocks.</param>
    /// <param name="values">Takes their numbers; its length decides how many blocks are decoded.</param>
    /// <exception cref="ArgumentException">The lengths do not fit each other.</exception>
    public void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        CheckLengths(blocks.Length, values.Length);
        for (var i = 0; i < values.Length / BlockLength; i++)
            DecodeBlock(blocks.Slice(i * BlockBytes, BlockBytes), values.Slice(i * BlockLength, BlockLength));
    }

    /// <summary>Encodes numbers, each block as near as the format's own rule comes.</summary>
    /// <param name="values">Finite numbers of whole blocks.</param>
    /// <param name="blocks">Takes the blocks.</param>
    /// <exception cref="ArgumentException">The lengths do not fit each other, or a number is not finite.</exception>
    public void Encode(ReadOnlySpan<float> values, Span<byte> blocks)
    {
        CheckLengths(blocks.Length, values.Length);
        foreach (var value in values)
        {
            if (!float.IsFinite(value))
                throw new ArgumentException($"{value} cannot be stored: allowed are finite numbers", nameof(values));
        }

        for (var i = 0; i < values.Length / BlockLength; i++)
            EncodeBlock(values.Slice(i * BlockLength, BlockLength), blocks.Slice(i * BlockBytes, BlockBytes));
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>The codes of one block, as many bits of a byte as the format has.</summary>
    /// <exception cref="NotSupportedException">The format has no codes of whole bits.</exception>
    internal virtual void ReadCodes(ReadOnlySpan<byte> block, Span<byte> codes) =>
        throw new NotSupportedException($"{Name} has no codes of whole bits");

    /// <summary>Decodes one block.</summary>
    protected abstract void DecodeBlock(ReadOnlySpan<byte> block, Span<float> values);

    /// <summary>Encodes one block.</summary>
    protected abstract void EncodeBlock(ReadOnlySpan<float> values, Span<byte> block);

    private void CheckLengths(int bytes, int elements)
    {
        if (elements % BlockLength != 0 || BytesOf(elements) != bytes)
        {
            throw new ArgumentException(
                $"{bytes} bytes and {elements} numbers do not fit {Name}: {BlockLength} numbers take {BlockBytes} bytes");
        }
    }
}
