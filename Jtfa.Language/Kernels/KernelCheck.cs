using System.Globalization;
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

    // A hash of each format's products (FNV-1a of 64 bits over their bits).
    private static readonly Dictionary<string, string> s_expected = new()
    {
        ["F32"] = "1227a0a371abb77f",
        ["F16"] = "051116f7a7e3b290",
        ["BF16"] = "907a5f388c179ea1",
        ["Q8_0"] = "306a11ea8c116a77",
        ["Q4_0"] = "71bc4734ccb28fbc",
        ["Q4_1"] = "3393164a89eca407",
        ["Q5_0"] = "fd8a36d5fe2c5e6a",
        ["Q5_1"] = "223525711c61f9ea",
        ["Q4_K"] = "ed78971c69e942d8",
        ["Q5_K"] = "a2a3bee063c15d1a",
        ["Q6_K"] = "13c65588b28c9c77",
        ["Q8_B32"] = "0e915faac48612a8",
        ["Q8_B64"] = "54b106434e3f7e36",
        ["Q6_B32"] = "ac8335e24841db4c",
        ["Q6_B64"] = "3c9af1f219eeb46b",
        ["Q4_B32"] = "5bb957c2ff23339e",
        ["Q4_B64"] = "bde05cbc48f8dd18",
        ["Q3H_B32"] = "4237584a1a8e4567",
        ["Q3H_B64"] = "91ad70fa8b41736b",
        ["Q3_B32"] = "12b26f984e0fc62c",
        ["Q3_B64"] = "7da8114fa0fdc8b5",
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
        using var matrix = WeightMatrix.Load(file, tensor, 0, Rows, instructions);
        var products = new float[Batch * Rows];
        fixed (float* y = products)
        fixed (float* scratch = new float[Columns])
        {
            if (matrix is GroupedMatrix grouped) grouped.Multiply(x, y, Rows, 0, Rows, instructions);
            else matrix.Multiply(x, y, Rows, 0, Rows, scratch);
            var hash = 0xcbf29ce484222325;
            foreach (var product in products) hash = (hash ^ BitConverter.SingleToUInt32Bits(product)) * 0x100000001b3;
            return hash.ToString("x16", CultureInfo.InvariantCulture);
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
