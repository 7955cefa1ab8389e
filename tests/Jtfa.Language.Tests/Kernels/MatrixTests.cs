using Jtfa.Language.Files;
using Jtfa.Language.Kernels;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Tests.Kernels;

/// <summary>Products by a processor's own instructions, beside those without them and beside decoded weights.</summary>
public sealed unsafe class MatrixTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public static TheoryData<string, int, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int, int>();
            foreach (var format in WeightFormat.All)
            {
                var block = Math.Max(format.BlockLength, 32);
                foreach (var (rows, blocks) in ((int, int)[])[(1, 1), (16, 2), (50, 3), (33, 2048 / block)])
                    cases.Add(format.Name, rows, blocks * block);
            }

            return cases;
        }
    }

    public void Dispose() => File.Delete(_path);

    [Theory, MemberData(nameof(Cases))]
    public void Every_way_gives_the_same_bits(string type, int rows, int columns)
    {
        using var file = Write(type, rows, columns);
        using var matrix = (GroupedMatrix)WeightMatrix.Load(file, file.Tensors[0], 0, rows);
        using var plain = new RowMatrix(file, file.Tensors[0], 0, rows);
        using var numbers = Numbers(11, columns);
        using var x = new ActivationBlocks();
        x.Set(numbers.Address, 11, columns);
        x.Reserve();
        x.Encode(0, 11);

        var expected = Product(x, rows, (y, to) => matrix.Multiply(x, y, rows, 0, to, InstructionSet.Plain));
        foreach (var instructions in Instructions.Supported)
        {
            using var theirs = (GroupedMatrix)WeightMatrix.Load(file, file.Tensors[0], 0, rows, instructions);
            Assert.Equal(expected, Product(x, rows, (y, to) => matrix.Multiply(x, y, rows, 0, to, instructions)));
            Assert.Equal(expected, Product(x, rows, (y, to) => theirs.Multiply(x, y, rows, 0, to, instructions)));
        }

        // One row of activations, two, three and four together are other kernels.
        for (var few = 1; few <= 4; few++)
        {
            x.Set(numbers.Address, few, columns);
            var products = Product(x, rows, (y, to) => matrix.Multiply(x, y, rows, 0, to, Instructions.Supported[^1]));
            Assert.Equal(expected[..(few * rows)], products);
        }

        x.Set(numbers.Address, 11, columns);

        // Activations as bytes cost some 0.4 % of a product's typical size.
        var scratch = new float[columns];
        fixed (float* own = scratch)
        {
            var at = own;
            var exact = Product(x, rows, (y, to) => plain.Multiply(x, y, rows, 0, to, at));
            var typical = Math.Sqrt(exact.Average(value => value * value));
            Assert.InRange(Math.Sqrt(exact.Zip(expected, (a, b) => Math.Pow(a - b, 2)).Average()), 0, 0.02 * typical);
        }

        // Scales of 6 bits take 8, and a group's codes begin on a border of 64 bytes.
        var groups = (rows + 15) / 16;
        Assert.InRange(matrix.Bytes, 1, groups * (32 + (16 * 1.03 * plain.Bytes / rows)));
    }

    /// <summary>A row of activations that a format's own rule turns to bytes without a loss gives the exact product.</summary>
    [Theory, InlineData("Q4_0"), InlineData("Q8_0"), InlineData("Q3H_B32")]
    public void Whole_numbers_are_multiplied_exactly(string type)
    {
        using var file = Write(type, 48, 96);
        using var matrix = WeightMatrix.Load(file, file.Tensors[0], 0, 48);
        using var plain = new RowMatrix(file, file.Tensors[0], 0, 48);
        using var numbers = new NativeBuffer<float>(96);
        for (var i = 0; i < 96; i++) numbers.Address[i] = i % 32 == 0 ? 127 : (i * 7 % 255) - 127;
        using var x = new ActivationBlocks();
        x.Set(numbers.Address, 1, 96);
        x.Reserve();
        x.Encode(0, 1);
        var scratch = new float[96];
        fixed (float* own = scratch)
        {
            var at = own;
            var exact = Product(x, 48, (y, to) => plain.Multiply(x, y, 48, 0, to, at));
            var ours = Product(x, 48, (y, to) => matrix.Multiply(x, y, 48, 0, to, at));
            Assert.All(exact.Zip(ours), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1e-5 * exact.Max(Math.Abs)));
        }
    }

    /// <summary>Whatever a damaged file says, the products are those of what is decoded, by every kernel.</summary>
    [Theory, InlineData("Q3H_B32"), InlineData("Q3H_B64"), InlineData("Q6_K"), InlineData("Q4_0")]
    public void Any_codes_are_multiplied(string type)
    {
        var random = new Random(6);
        using var file = Write(type, 32, 512, random.NextBytes);
        using var matrix = (GroupedMatrix)WeightMatrix.Load(file, file.Tensors[0], 0, 32);
        using var plain = new RowMatrix(file, file.Tensors[0], 0, 32);
        using var numbers = Numbers(5, 512);
        using var x = new ActivationBlocks();
        x.Set(numbers.Address, 5, 512);
        x.Reserve();
        x.Encode(0, 5);
        var expected = Product(x, 32, (y, to) => matrix.Multiply(x, y, 32, 0, to, InstructionSet.Plain));
        foreach (var instructions in Instructions.Supported)
            Assert.Equal(expected, Product(x, 32, (y, to) => matrix.Multiply(x, y, 32, 0, to, instructions)));
        var scratch = new float[512];
        fixed (float* own = scratch)
        {
            var at = own;
            var exact = Product(x, 32, (y, to) => plain.Multiply(x, y, 32, 0, to, at));
            var typical = Math.Sqrt(exact.Average(value => value * value));
            Assert.InRange(Math.Sqrt(exact.Zip(expected, (a, b) => Math.Pow(a - b, 2)).Average()), 0, 0.02 * typical);
        }
    }

    private delegate void Multiply(float* y, int to);

    private static float[] Product(ActivationBlocks x, int rows, Multiply multiply)
    {
        var y = new float[x.Rows * rows];
        fixed (float* products = y) multiply(products, rows);
        return y;
    }

    private static NativeBuffer<float> Numbers(int rows, int columns)
    {
        var (random, numbers) = (new Random(4), new NativeBuffer<float>((long)rows * columns));
        for (var i = 0; i < numbers.Length; i++) numbers.Address[i] = (float)((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(3)));
        return numbers;
    }

    private GgufFile Write(string type, int rows, int columns, Action<byte[]>? change = null)
    {
        var (random, format) = (new Random(3), WeightFormat.Find(type)!);
        float[] values = [.. Enumerable.Range(0, rows * columns).Select(_ => (float)((random.NextDouble() - 0.5) * random.NextDouble()))];
        var blocks = new byte[format.BytesOf(values.Length)];
        format.Encode(values, blocks);
        if (change is not null) Damage(format, blocks, change);
        using (var stream = File.Create(_path))
            GgufWriter.Write(stream, [], [new("w", format, [columns, rows], to => to.Write(blocks))]);
        return GgufFile.Open(_path);
    }

    // Other codes and parts' scales; what is in half precision stays, since it may be no number then.
    private static void Damage(WeightFormat format, byte[] blocks, Action<byte[]> change)
    {
        var bytes = new byte[blocks.Length];
        change(bytes);
        var (from, to) = format.Name == "Q6_K" ? (0, 208) : (format.Name == "Q4_0" ? 2 : 4, format.BlockBytes);
        for (var i = 0; i < blocks.Length; i++)
        {
            if (i % format.BlockBytes >= from && i % format.BlockBytes < to) blocks[i] = bytes[i];
        }
    }
}
