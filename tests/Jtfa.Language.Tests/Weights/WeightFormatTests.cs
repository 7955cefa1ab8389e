using Jtfa.Language.Tests.Peer;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Tests.Weights;

/// <summary>Formats of weights, beside llama.cpp's and by what each of them promises.</summary>
public sealed class WeightFormatTests
{
    private const int Numbers = 64 * 256;

    public static TheoryData<string> Names => [.. WeightFormat.All.Select(format => format.Name)];

    public static TheoryData<string> Quantised =>
        [.. WeightFormat.All.Where(format => format is { Id: < WeightFormat.FirstOwnId, BlockLength: > 1 }).Select(format => format.Name)];

    [Theory, MemberData(nameof(Quantised))]
    public void Llama_cpp_decodes_the_same(string name)
    {
        Ggml.Needed();
        var format = WeightFormat.Find(name)!;
        byte[] ours = Encode(format, Normal(7)), theirs = Ggml.Encode(format, Normal(8));
        Assert.Equal(Ggml.Decode(format, ours), Decode(format, ours));
        Assert.Equal(Ggml.Decode(format, theirs), Decode(format, theirs));
    }

    [Theory, InlineData("Q8_0"), InlineData("Q4_0"), InlineData("Q4_1"), InlineData("Q5_0"), InlineData("Q5_1")]
    public void Llama_cpp_encodes_the_same(string name)
    {
        Ggml.Needed();
        var format = WeightFormat.Find(name)!;
        Assert.Equal(Ggml.Encode(format, Normal(9)), Encode(format, Normal(9)));
    }

    [Theory, InlineData("Q4_K"), InlineData("Q5_K"), InlineData("Q6_K")]
    public void Scales_are_found_as_well_as_by_llama_cpp(string name)
    {
        Ggml.Needed();
        var (format, values) = (WeightFormat.Find(name)!, Normal(10));
        var ours = Error(values, Decode(format, Encode(format, values)));
        var theirs = Error(values, Ggml.Decode(format, Ggml.Encode(format, values)));
        TestContext.Current.TestOutputHelper!.WriteLine($"{name}: mean squared error {ours:G4}, llama.cpp's {theirs:G4}");
        Assert.InRange(ours, 0, 1.02 * theirs);
    }

    /// <summary>The block of sin(i), i = 0 … 63, that Inferflow's own program writes.</summary>
    [Fact]
    public void Q3H_is_Inferflows()
    {
        float[] values = [.. Enumerable.Range(0, 64).Select(i => MathF.Sin(i))];
        var block = Encode(WeightFormat.Find("q3h")!, values);
        Assert.Equal("00bc6632db26c9b64281609edb231408c8c1272f340d7c1c9646b5c8c1272f33", Convert.ToHexStringLower(block));
    }

    [Theory, MemberData(nameof(Names))]
    public void A_number_comes_back_within_what_its_bits_allow(string name)
    {
        var format = WeightFormat.Find(name)!;
        var random = new Random(11);
        for (var times = 200; times > 0; times--)
        {
            var (scale, offset) = (Math.Pow(10, random.Next(0, 4)), random.NextDouble() - 0.5);
            float[] values = [.. Enumerable.Range(0, 256).Select(_ => (float)(scale * (offset + random.NextDouble() - 0.5)))];
            var back = Decode(format, Encode(format, values));

            // Of the 2^b levels over the range from the least to the largest, or from −largest to largest: half a step and what half
            // precision adds; of parts' scales of 6 bits, a step more.
            var levels = format.BlockLength == 1 ? 256
                : name.StartsWith("Q3H", StringComparison.Ordinal) ? 10
                : Math.Pow(2, name[1] - '0') - 1;
            var range = 2 * Math.Max(values.Max(), -values.Min());
            var allowed = (name.EndsWith('K') ? 1.6 : name.EndsWith("_0", StringComparison.Ordinal) ? 1.05 : 0.55) * range / levels;
            allowed += range / 1024;
            Assert.All(back.Zip(values), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, allowed));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Zeros_stay_zeros(string name) =>
        Assert.All(Decode(WeightFormat.Find(name)!, Encode(WeightFormat.Find(name)!, new float[512])), value => Assert.Equal(0, value));

    [Theory, MemberData(nameof(Names))]
    public void A_number_that_is_none_is_refused(string name)
    {
        var values = Normal(12);
        values[1] = float.NaN;
        Assert.Throws<ArgumentException>(() => Encode(WeightFormat.Find(name)!, values));
    }

    [Theory, MemberData(nameof(Names))]
    public void Any_bytes_are_decoded(string name)
    {
        var format = WeightFormat.Find(name)!;
        var bytes = new byte[format.BytesOf(Numbers)];
        new Random(13).NextBytes(bytes);
        Assert.Equal(Numbers, Decode(format, bytes).Length);
        Assert.Throws<ArgumentException>(() => format.Decode(bytes.AsSpan(1), new float[Numbers]));
    }

    [Fact]
    public void Names_and_numbers_are_each_one_formats()
    {
        Assert.Equal(WeightFormat.All.Count, WeightFormat.All.Select(format => format.Id).Distinct().Count());
        Assert.All(WeightFormat.All, format => Assert.Same(format, WeightFormat.Find(format.Name.ToLowerInvariant())));
        Assert.Equal((4.0, 4.5), (WeightFormat.Find("q3h")!.BitsPerWeight, WeightFormat.Find("q3h_b32")!.BitsPerWeight));
        Assert.Equal(("IQ4_NL", "777"), (WeightFormat.NameOf(20), WeightFormat.NameOf(777)));
    }

    private static float[] Normal(int seed)
    {
        var random = new Random(seed);
        double Gauss() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return [.. Enumerable.Range(0, Numbers).Select(_ => (float)(0.03 * Gauss()))];
    }

    private static byte[] Encode(WeightFormat format, ReadOnlySpan<float> values)
    {
        var blocks = new byte[format.BytesOf(values.Length)];
        format.Encode(values, blocks);
        return blocks;
    }

    private static float[] Decode(WeightFormat format, ReadOnlySpan<byte> blocks)
    {
        var values = new float[blocks.Length / format.BlockBytes * format.BlockLength];
        format.Decode(blocks, values);
        return values;
    }

    private static double Error(float[] values, float[] back) => values.Zip(back, (a, b) => Math.Pow(a - b, 2)).Average();
}
