using FsCheck;
using FsCheck.Fluent;

namespace Jtfa.Core.Tests;

public class TokenCodecTests
{
    private static readonly int[] s_powersOfTwo = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

    /// <summary>Single precision's rounding, relative, with room for the dozen operations that a value passes through.</summary>
    private const double Rounding = 2e-6;

    public static TheoryData<TokenEncoding> Encodings => [.. Enum.GetValues<TokenEncoding>()];

    private static Gen<(float[] Z, uint Seed)> Vectors { get; } =
        Gen.Choose(int.MinValue, int.MaxValue).Select(seed => Draw(new Random(seed)));

    [Theory]
    [InlineData(TokenEncoding.Plain)]
    [InlineData(TokenEncoding.PsMix)]
    public void An_element_comes_back_within_half_a_step(TokenEncoding encoding) => Property.Holds(Vectors, vector =>
    {
        var (_, scale, decoded) = ThroughWire(vector.Z, encoding, vector.Seed);
        for (var i = 0; i < decoded.Length; i++)
            Assert.InRange(Math.Abs(decoded[i] - (double)vector.Z[i]), 0, (scale / 2) + (Rounding * 127 * scale));
    });

    [Fact]
    public void Hmix_comes_back_within_the_rounding_and_what_the_kept_coefficients_lack() => Property.Holds(Vectors, vector =>
    {
        var (q, scale, decoded) = ThroughWire(vector.Z, TokenEncoding.HMix, vector.Seed);
        double n2 = Padded(q.Length);

        // The transform is √n2 times an orthogonal one: the kept coefficients' error and the dropped coefficients, over √n2.
        var rounding = scale / 2 * Math.Sqrt(q.Length);
        var kept = q.Sum(value => Math.Pow(Math.Max(Math.Abs((double)value) - 0.5, 0) * scale, 2));
        var dropped = q.Length == n2 ? 0 : Math.Sqrt(Math.Max((n2 * SquaredNorm(vector.Z)) - kept, 0));
        var bound = (rounding + dropped) / Math.Sqrt(n2);
        var error = Math.Sqrt(SquaredNorm(decoded.Zip(vector.Z, (a, b) => a - b)));
        Assert.InRange(error, 0, bound + (Rounding * Math.Log2(2 * n2) * 127 * scale * Math.Sqrt(n2)));
    });

    [Theory, MemberData(nameof(Encodings))]
    public void A_norm_is_known_without_decoding(TokenEncoding encoding) => Property.Holds(Vectors, vector =>
    {
        var (q, scale, decoded) = ThroughWire(vector.Z, encoding, vector.Seed);
        var exact = Math.Sqrt(SquaredNorm(decoded));
        var norm = TokenCodec.Norm(q, encoding, scale);
        var least = encoding != TokenEncoding.HMix || Padded(q.Length) == q.Length ? norm * (1 - 1e-4) : 0;
        Assert.InRange(exact, least, (norm * (1 + 1e-4)) + float.Epsilon);
    });

    [Theory, MemberData(nameof(Encodings))]
    public void Nothing_encodes_to_nothing(TokenEncoding encoding)
    {
        foreach (var d in s_powersOfTwo)
        {
            var (q, scale, decoded) = ThroughWire(new float[d], encoding, 5000);
            Assert.Equal(1e-8 / 127, scale);
            Assert.All(q, value => Assert.Equal(0, value));
            Assert.All(decoded, element => Assert.Equal(0, element));
        }
    }

    [Fact]
    public void Halves_round_to_even()
    {
        float[] z = [127, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f];
        var q = new sbyte[z.Length];

        // (127 + 1e-8)/127 is 1 in single precision.
        TokenCodec.Encode(z, TokenEncoding.Plain, 0, q);

        Assert.Equal([127, 0, 2, 2, 0, -2, -2], q);
    }

    [Fact]
    public void The_seed_matters_to_psmix_and_hmix_alone()
    {
        var z = Enumerable.Range(1, 16).Select(i => (float)i).ToArray();
        Assert.Equal(ThroughWire(z, TokenEncoding.Plain, 1).Q, ThroughWire(z, TokenEncoding.Plain, 2).Q);
        Assert.NotEqual(ThroughWire(z, TokenEncoding.PsMix, 1).Q, ThroughWire(z, TokenEncoding.PsMix, 2).Q);
        Assert.NotEqual(ThroughWire(z, TokenEncoding.HMix, 1).Q, ThroughWire(z, TokenEncoding.HMix, 2).Q);
    }

    [Theory, MemberData(nameof(Encodings))]
    public void What_is_not_finite_or_too_large_is_refused(TokenEncoding encoding)
    {
        foreach (var element in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue })
        {
            foreach (var place in new[] { 0, 7, 15 })
            {
                var z = new float[16];
                z[place] = element;
                Assert.Throws<ArgumentException>(() => TokenCodec.Encode(z, encoding, 1, new sbyte[16]));
            }
        }
    }

    [Theory, MemberData(nameof(Encodings))]
    public void Lengths_are_checked(TokenEncoding encoding)
    {
        foreach (var (d, other) in new[] { (0, 0), (1025, 1025), (16, 15), (16, 17) })
        {
            Assert.Throws<ArgumentException>(() => TokenCodec.Encode(new float[d], encoding, 1, new sbyte[other]));
            Assert.Throws<ArgumentException>(() => TokenCodec.Decode(new sbyte[d], encoding, 1, 1, new float[other]));
        }
    }

    [Fact]
    public void An_unknown_encoding_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => TokenCodec.Encode(new float[1], (TokenEncoding)3, 1, new sbyte[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => TokenCodec.Decode(new sbyte[1], (TokenEncoding)3, 1, 1, new float[1]));
    }

    [Fact]
    public void The_largest_scale_decodes_to_finite_numbers()
    {
        var q = Enumerable.Repeat((sbyte)-128, TokenPacket.MaxDimension).ToArray();
        var z = new float[q.Length];
        TokenCodec.Decode(q, TokenEncoding.HMix, 1, TokenCodec.MaxScale, z);
        Assert.All(z, element => Assert.True(float.IsFinite(element)));
    }

    [Theory, MemberData(nameof(Encodings))]
    public void Encoding_and_decoding_allocate_nothing(TokenEncoding encoding)
    {
        var (z, q) = (new float[TokenPacket.MaxDimension], new sbyte[TokenPacket.MaxDimension]);
        new Random(1).NextBytes((byte[])(object)q);
        Assert.Equal(0, Allocation.Of(() => TokenCodec.Decode(q, encoding, 5000, 0.01, z)));
        Assert.Equal(0, Allocation.Of(() => TokenCodec.Encode(z, encoding, 5000, q)));
    }

    private static (float[] Z, uint Seed) Draw(Random random)
    {
        var d = random.Next(2) == 0 ? s_powersOfTwo[random.Next(s_powersOfTwo.Length)] : random.Next(1, TokenPacket.MaxDimension + 1);
        var size = Math.Pow(10, random.Next(-7, 8));
        var z = new float[d];
        foreach (ref var element in z.AsSpan()) element = random.Next(5) == 0 ? 0 : (float)((random.NextDouble() - 0.5) * size);
        return (z, (uint)random.NextInt64(1L << 32));
    }

    private static (sbyte[] Q, double Scale, float[] Decoded) ThroughWire(float[] z, TokenEncoding encoding, uint seed)
    {
        var (q, decoded) = (new sbyte[z.Length], new float[z.Length]);
        var scale = TokenCodec.Encode(z, encoding, seed, q);
        TokenCodec.Decode(q, encoding, seed, scale, decoded);
        return (q, scale, decoded);
    }

    private static int Padded(int d) => s_powersOfTwo.First(power => power >= d);

    private static double SquaredNorm(IEnumerable<float> z) => z.Sum(element => (double)element * element);
}
