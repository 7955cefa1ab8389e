using System.Security.Cryptography;
using Jtfa.Language.Decoding;
using Jtfa.Language.Files;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Kernels;

/// <summary>
/// Products of made-up weights and activations. The same on every machine, bit for bit, they show whether a machine's kernels are right.
/// </summary>
public static unsafe class KernelCheck
{
    private const int Rows = 50;
    private const int Columns = 512;
    private const int Batch = 7;

    // The first half of the SHA-256 of each format's products.
    private static readonly Dictionary<string, string> s_expected = new()
    {
        ["F32"] = "b0f1c247e661f4d6189441dce39079d3",
        ["F16"] = "f322ad64a3ec111eba033c14aa8ab903",
        ["BF16"] = "731eca3034d2e645e960f57856a148dd",
        ["Q8_0"] = "32646365d7f5d2fde3c6ca0812e98ae6",
        ["Q4_0"] = "8de4e93de6b25c600f5f582824cbacdc",
        ["Q4_1"] = "0ad835902d952caa512c324e9a73b2c1",
        ["Q5_0"] = "fcd4c9da3ed1d908afd93d3d946d1a20",
        ["Q5_1"] = "26067c4157d6a997d16e9566f8d2f830",
        ["Q4_K"] = "b21e2281acf4c211fbad44f014bdb320",
        ["Q5_K"] = "d90233ea28f3039772d2e3011fc3faf6",
        ["Q6_K"] = "7a5af8d530382cf65e5b0e0b92e31b3d",
        ["Q8_B32"] = "d1425b86f1f6f3d79680e934fd323c76",
        ["Q8_B64"] = "5c6c32581ebf41596270aba887d3d589",
        ["Q6_B32"] = "d300a0452d0b105badd8399e5de221f7",
        ["Q6_B64"] = "0383159382915918b70e8dee2d731d5b",
        ["Q4_B32"] = "24ee8a9899a184a47779e18b69264959",
        ["Q4_B64"] = "fb7317b0827313ee0698f704b4205e5b",
        ["Q3H_B32"] = "19132ceb5dc5e94d70165b1016201c6d",
        ["Q3H_B64"] = "322f815eb3ea80cded6ccbab5207a55f",
        ["Q3_B32"] = "cdc95f884924398b3a0fef131f23acaa",
        ["Q3_B64"] = "968cb5356e6b98f8501e1918cfd88ce3",
    };

    /// <summary>The formats whose products are not what they are on other machines.</summary>
    /// <param name="instructions">What is computed with; the processor has it.</param>
    public static IReadOnlyList<string> Differing(InstructionSet instructions) =>
        [.. Digests(instructions).Where(digest => digest.Value != s_expected.GetValueOrDefault(digest.Key)).Select(digest => digest.Key)];

    /// <summary>A digest of each format's products.</summary>
    internal static Dictionary<string, string> Digests(InstructionSet instructions)
    {
        var random = Xoshiro256.Seeded(1);
        using var numbers = new NativeBuffer<float>(Batch * Columns);
        foreach (ref var number in numbers.Span(0, Batch * Columns)) number = (float)((random.NextDouble() - 0.5) * random.NextDouble());
        using var x = new ActivationBlocks();
        x.Set(numbers.Address, Batch, Columns);
        x.Reserve();
        x.Encode(0, Batch);

        var path = Path.GetTempFileName();
        try
        {
            Write(path, ref random);
            using var file = GgufFile.Open(path);
            return file.Tensors.ToDictionary(tensor => tensor.Name, tensor => Digest(file, tensor, x, instructions));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string Digest(GgufFile file, GgufTensor tensor, ActivationBlocks x, InstructionSet instructions)
    {
        using var matrix = WeightMatrix.Load(file, tensor, 0, Rows);
        var products = new float[Batch * Rows];
        fixed (float* y = products)
        fixed (float* scratch = new float[Columns])
        {
            if (matrix is GroupedMatrix grouped) grouped.Multiply(x, y, Rows, 0, Rows, instructions);
            else matrix.Multiply(x, y, Rows, 0, Rows, scratch);
            return Convert.ToHexStringLower(SHA256.HashData(new ReadOnlySpan<byte>(y, products.Length * sizeof(float)))[..16]);
        }
    }

    private static void Write(string path, ref Xoshiro256 random)
    {
        var values = new float[Rows * Columns];
        foreach (ref var value in values.AsSpan()) value = (float)((random.NextDouble() - 0.5) * random.NextDouble());
        List<GgufWriter.Tensor> tensors = [];
        foreach (var format in WeightFormat.All)
        {
            var blocks = new byte[format.BytesOf(values.Length)];
            format.Encode(values, blocks);
            tensors.Add(new(format.Name, format, [Columns, Rows], to => to.Write(blocks)));
        }

        using var stream = File.Create(path);
        GgufWriter.Write(stream, [], tensors);
    }
}
