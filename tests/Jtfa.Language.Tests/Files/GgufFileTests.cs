using System.Text;
using Jtfa.Language.Files;
using Jtfa.Language.Weights;
using Jtfa.Testing.Fuzzing;

namespace Jtfa.Language.Tests.Files;

/// <summary>GGUF files, whole ones and damaged ones.</summary>
public sealed class GgufFileTests : IDisposable
{
    private static readonly WeightFormat s_f32 = WeightFormat.Find("F32")!;
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void What_is_written_is_read()
    {
        Dictionary<string, object> values = new()
        {
            ["a.byte"] = (byte)255,
            ["a.sbyte"] = (sbyte)-1,
            ["a.ushort"] = ushort.MaxValue,
            ["a.short"] = short.MinValue,
            ["a.uint"] = uint.MaxValue,
            ["a.int"] = int.MinValue,
            ["a.float"] = 0.1f,
            ["a.bool"] = true,
            ["a.string"] = "ü▁\n",
            ["a.ulong"] = ulong.MaxValue,
            ["a.long"] = long.MinValue,
            ["a.double"] = 0.1,
            ["b.strings"] = new[] { "", "▁a" },
            ["b.floats"] = new[] { 1f, -2f },
            ["b.ints"] = new[] { 1, -2 },
            ["b.none"] = Array.Empty<long>(),
            ["b.bools"] = new[] { true, false },
        };
        var rows = Enumerable.Range(0, 5 * 32).Select(i => (float)i).ToArray();
        Write(values, Tensor("x", "Q8_0", rows, 32, 5), Tensor("y", "F16", [1, 2, 3], 3), Tensor("z", "F32", [.. rows[..12]], 2, 3, 2));

        using var file = GgufFile.Open(_path);
        Assert.Equal(values, file.Metadata.Values);
        Assert.Equal(["x Q8_0 (32, 5)", "y F16 (3)", "z F32 (2, 3, 2)"], file.Tensors.Select(tensor => tensor.ToString()));
        Assert.Equal(rows[..12], Read(file, "z"));
        Assert.Equal([1, 2, 3], Read(file, "y"));
        Assert.All(Read(file, "x").Zip(rows), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 0.7));
        Assert.Equal(rows[10..12], Decoded(s_f32, file.Rows(file.Find("z")!, 5, 1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Rows(file.Find("z")!, 5, 2));
        Assert.Null(file.Find("w"));
    }

    [Fact]
    public void A_value_of_another_kind_is_refused_by_its_key()
    {
        Write(new() { ["n"] = 3_000_000_000u, ["s"] = "a", ["nan"] = float.NaN }, Tensor("x", "F32", [1], 1));
        using var file = GgufFile.Open(_path);
        foreach (Action read in (Action[])[
            () => file.Metadata.WholeNumber("n", 1, 10), () => file.Metadata.WholeNumber("s", 1, 10), () => file.Metadata.Get<string>("n"),
            () => file.Metadata.WholeNumber("missing", 1, 10), () => file.Metadata.Number("nan"), () => file.Metadata.Number("s")])
            AssertOneLine(Assert.Throws<ModelFileException>(read));
        Assert.Equal((7, 3e9), (file.Metadata.WholeNumber("missing", 1, 10, 7), file.Metadata.Number("n")));
    }

    public static TheoryData<string, string> Damages => new()
    {
        { "empty", "is empty" }, { "other", "no GGUF file" }, { "version", "version 1" }, { "endian", "big-endian" },
        { "tensors", "claims 18446744073709551615 tensors" }, { "values", "claims 1152921504606846977 metadata values" },
        { "type", "IQ4_NL" }, { "cut", "beyond the file" }, { "head", "cut off or damaged" }, { "overlap", "overlap" },
        { "twice", "is there twice" }, { "block", "blocks of 32" }, { "missing", "cannot be opened" },
        { "size", "a size of 4611686018427387" },
    };

    [Theory, MemberData(nameof(Damages))]
    public void A_damaged_file_is_refused_by_name_and_fault(string damage, string says)
    {
        Write(new() { ["general.name"] = "n" }, Tensor("aaaa", "F32", new float[32], 32), Tensor("bbbb", "F32", new float[32], 32));
        var bytes = File.ReadAllBytes(_path);
        int At(string name) => bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(name)) + name.Length;
        switch (damage)
        {
            case "empty": bytes = []; break;
            case "other": bytes = [.. "PK\x03\x04"u8, .. bytes[4..]]; break;
            case "version": bytes[4] = 1; break;
            case "endian": (bytes[4], bytes[7]) = (0, 3); break;
            case "tensors": Array.Fill(bytes, (byte)255, 8, 8); break;
            case "values": bytes[16 + 7] = 16; break;
            case "type": bytes[At("aaaa") + 4 + 8] = 20; break;
            case "cut": bytes = bytes[..^40]; break;
            case "head": bytes = bytes[..100]; break;
            case "overlap": bytes[At("bbbb") + 4 + 8 + 4] = 32; break;
            case "twice": "aaaa"u8.CopyTo(bytes.AsSpan(At("bbbb") - 4)); break;
            case "block": (bytes[At("aaaa") + 4], bytes[At("aaaa") + 4 + 8]) = (31, 8); break;
            case "size": bytes[At("aaaa") + 4 + 7] = 64; break;
        }

        File.WriteAllBytes(_path, bytes);
        if (damage == "missing") File.Delete(_path);
        var fault = Assert.Throws<ModelFileException>(() => GgufFile.Open(_path).Dispose());
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
        AssertOneLine(fault);
    }

    [Fact]
    public void Mutants_are_read_or_refused_in_one_line()
    {
        byte[][] wholes = [.. new[] { 0, 1, 2 }.Select(Whole)];
        var (refused, mutants) = (0, LongForm.IsAsked ? 1_000_000 : 50_000);
        for (var number = 0; number < mutants; number++)
        {
            var bytes = Mutation.Of(wholes, number);
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                var header = GgufHeader.Parse("mutant", bytes, bytes.Length);
                Assert.All(header.Tensors, tensor => Assert.InRange(header.DataStart + tensor.Offset + tensor.Bytes, 0, bytes.Length));
            }
            catch (ModelFileException fault)
            {
                refused++;
                AssertOneLine(fault, "mutant");
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 1_000_000);
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{mutants:N0} mutants, {refused:N0} refused");
        Assert.InRange(refused, mutants / 4, mutants - 1);
    }

    private static byte[] Whole(int kind)
    {
        using var stream = new MemoryStream();
        Dictionary<string, object> values = new()
        {
            ["general.architecture"] = "llama",
            ["general.alignment"] = 32u << kind,
            ["llama.block_count"] = 1u,
            ["tokenizer.ggml.tokens"] = new[] { "<s>", "▁a", "b" },
            ["tokenizer.ggml.scores"] = new[] { 0f, -1f, -2f },
            ["x"] = true,
        };
        GgufWriter.Write(stream, values, [
            Tensor("a", "Q4_0", new float[64], 32, 2), Tensor("b", "Q6_K", new float[256], 256),
            Tensor("c", "F32", new float[kind + 1], kind + 1)]);
        return stream.ToArray();
    }

    private static GgufWriter.Tensor Tensor(string name, string format, float[] values, params long[] shape)
    {
        var blocks = new byte[WeightFormat.Find(format)!.BytesOf(values.Length)];
        WeightFormat.Find(format)!.Encode(values, blocks);
        return new(name, WeightFormat.Find(format)!, shape, stream => stream.Write(blocks));
    }

    private static float[] Read(GgufFile file, string name)
    {
        var tensor = file.Find(name)!;
        return Decoded(tensor.Format, file.Rows(tensor, 0, tensor.Rows));
    }

    private static float[] Decoded(WeightFormat format, ReadOnlySpan<byte> blocks)
    {
        var values = new float[blocks.Length / format.BlockBytes * format.BlockLength];
        format.Decode(blocks, values);
        return values;
    }

    private void Write(Dictionary<string, object> values, params GgufWriter.Tensor[] tensors)
    {
        using var stream = File.Create(_path);
        GgufWriter.Write(stream, values, tensors);
    }

    private void AssertOneLine(ModelFileException fault) => AssertOneLine(fault, _path);

    private static void AssertOneLine(ModelFileException fault, string file)
    {
        Assert.StartsWith($"{file}: ", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(fault.Message, char.IsControl);
        Assert.InRange(fault.Message.Length, 1, 2500);
    }
}
