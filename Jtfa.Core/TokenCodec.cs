using System.Numerics;
using System.Runtime.CompilerServices;

namespace Jtfa.Core;

/// <summary>
/// Encodes a token's vector to int8 values and back, as the published JTFA scripts do with numpy in single precision: q, scale and
/// decoded values equal theirs bit by bit. Allocates nothing.
/// </summary>
public static class TokenCodec
{
    /// <summary>The largest scale: above it, transforming or scoring a token of any dimension could overflow single precision.</summary>
    public const double MaxScale = 1e20;

    /// <summary>
    /// Encodes a vector: scale = (max|y| + 1e-8)/127 and q = round-half-even(y/scale), where y is z itself (plain), z with its
    /// elements' signs flipped and permuted (psmix), or the first d elements of its zero-padded, sign-flipped Walsh–Hadamard
    /// transform (hmix). Instead of 127 int4 has 7, q3h 5.
    /// </summary>
    /// <param name="z">The vector: d finite elements, 1 ≤ d ≤ <see cref="TokenPacket.MaxDimension"/>.</param>
    /// <param name="encoding">How to prepare it.</param>
    /// <param name="seed">Seed of the permutation and signs; unused by plain.</param>
    /// <param name="q">Takes d values in [−127, 127], of int4 in [−7, 7], of q3h in [−5, 5].</param>
    /// <param name="quantiser">To how many levels it is rounded.</param>
    /// <returns>The scale, above 0.</returns>
    /// <exception cref="ArgumentException">d or q's length is wrong, or an element is not finite or too large.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The encoding or the quantiser is unknown.</exception>
    public static double Encode(
        ReadOnlySpan<float> z, TokenEncoding encoding, uint seed, Span<sbyte> q, TokenQuantiser quantiser = TokenQuantiser.Int8)
    {
        CheckLengths(z.Length, q.Length);
        var largest = PackedValues.Largest(quantiser);
        return encoding switch
        {
            TokenEncoding.Plain => Quantise(z, largest, q),
            TokenEncoding.PsMix => EncodePsMix(z, seed, largest, q),
            TokenEncoding.HMix => EncodeHMix(z, seed, largest, q),
            _ => throw new ArgumentOutOfRangeException(nameof(encoding), encoding, "Unknown encoding."),
        };
    }

    /// <summary>Decodes what <see cref="Encode"/> made, up to the error of the rounding.</summary>
    /// <param name="q">d values, 1 ≤ d ≤ <see cref="TokenPacket.MaxDimension"/>.</param>
    /// <param name="encoding">How the vector was prepared.</param>
    /// <param name="seed">The seed that it was encoded with; unused by plain.</param>
    /// <param name="scale">The scale that it was encoded with; finite results need a finite one up to <see cref="MaxScale"/>.</param>
    /// <param name="z">Takes d elements.</param>
    /// <exception cref="ArgumentException">d is outside its range, or z's length is not d.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The encoding is unknown.</exception>
    public static void Decode(ReadOnlySpan<sbyte> q, TokenEncoding encoding, uint seed, double scale, Span<float> z)
    {
        CheckLengths(q.Length, z.Length);
        switch (encoding)
        {
            case TokenEncoding.Plain:
                Restore(q, scale, z);
                break;
            case TokenEncoding.PsMix:
                DecodePsMix(q, seed, scale, z);
                break;
            case TokenEncoding.HMix:
                DecodeHMix(q, seed, scale, z);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(encoding), encoding, "Unknown encoding.");
        }
    }

    /// <summary>
    /// The Euclidean norm of the vector that <see cref="Decode"/> gives, found without decoding: exact for plain, for psmix, and for
    /// hmix where d is a power of two; otherwise hmix's is at most this.
    /// </summary>
    /// <param name="q">d values, 1 ≤ d ≤ <see cref="TokenPacket.MaxDimension"/>.</param>
    /// <param name="encoding">How the vector was prepared.</param>
    /// <param name="scale">The scale that it was encoded with.</param>
    public static double Norm(ReadOnlySpan<sbyte> q, TokenEncoding encoding, double scale)
    {
        var squares = 0;
        foreach (var value in q) squares += value * value;

        // Signs and order change no norm; the transform over n2 elements, divided by n2, divides it by √n2.
        return scale * Math.Sqrt(encoding == TokenEncoding.HMix ? (double)squares / PaddedLength(q.Length) : squares);
    }

    // The buffers below are filled before they are read: clearing them would cost more than the rest of a small token.
    [SkipLocalsInit]
    private static double EncodePsMix(ReadOnlySpan<float> z, uint seed, int largest, Span<sbyte> q)
    {
        var random = new MersenneTwister(seed, stackalloc uint[MersenneTwister.StateWords]);
        var order = (stackalloc ushort[TokenPacket.MaxDimension])[..z.Length];
        var flipped = (stackalloc float[TokenPacket.MaxDimension])[..z.Length];
        var mixed = (stackalloc float[TokenPacket.MaxDimension])[..z.Length];
        Permute(ref random, order);
        for (var i = 0; i < z.Length; i++) flipped[i] = Flip(z[i], random.NextSignBit());
        for (var i = 0; i < z.Length; i++) mixed[i] = flipped[order[i]];
        return Quantise(mixed, largest, q);
    }

    [SkipLocalsInit]
    private static void DecodePsMix(ReadOnlySpan<sbyte> q, uint seed, double scale, Span<float> z)
    {
        var random = new MersenneTwister(seed, stackalloc uint[MersenneTwister.StateWords]);
        var order = (stackalloc ushort[TokenPacket.MaxDimension])[..z.Length];
        Permute(ref random, order);
        for (var i = 0; i < q.Length; i++) z[order[i]] = q[i] * (float)scale;
        foreach (ref var element in z) element = Flip(element, random.NextSignBit());
    }

    [SkipLocalsInit]
    private static double EncodeHMix(ReadOnlySpan<float> z, uint seed, int largest, Span<sbyte> q)
    {
        var random = new MersenneTwister(seed, stackalloc uint[MersenneTwister.StateWords]);
        var padded = (stackalloc float[TokenPacket.MaxDimension])[..PaddedLength(z.Length)];
        for (var i = 0; i < z.Length; i++) padded[i] = Flip(z[i], random.NextSignBit());
        padded[z.Length..].Clear();
        WalshHadamard.Transform(padded);
        return Quantise(padded[..z.Length], largest, q);
    }

    [SkipLocalsInit]
    private static void DecodeHMix(ReadOnlySpan<sbyte> q, uint seed, double scale, Span<float> z)
    {
        var random = new MersenneTwister(seed, stackalloc uint[MersenneTwister.StateWords]);
        var padded = (stackalloc float[TokenPacket.MaxDimension])[..PaddedLength(z.Length)];
        Restore(q, scale, padded);
        padded[q.Length..].Clear();
        WalshHadamard.Transform(padded);
        var normal = 1f / padded.Length; // a power of two: multiplying by it is dividing, exactly
        for (var i = 0; i < z.Length; i++) z[i] = Flip(padded[i] * normal, random.NextSignBit());
    }

    private static double Quantise(ReadOnlySpan<float> y, int largestQ, Span<sbyte> q)
    {
        var largest = 0f;
        foreach (var element in y) largest = MathF.Max(largest, MathF.Abs(element)); // NaN is the maximum of anything and NaN
        var scale = (largest + 1e-8) / largestQ;
        if (!(scale <= MaxScale))
            throw new ArgumentException($"An element is not finite, or too large to encode (the scale would be {scale}).", nameof(y));

        // numpy divides a single-precision array by a double in single precision.
        var divisor = (float)scale;
        for (var i = 0; i < q.Length; i++)
            q[i] = (sbyte)Math.Clamp(MathF.Round(y[i] / divisor, MidpointRounding.ToEven), -largestQ, largestQ);
        return scale;
    }

    private static void Restore(ReadOnlySpan<sbyte> q, double scale, Span<float> y)
    {
        var factor = (float)scale;
        for (var i = 0; i < q.Length; i++) y[i] = q[i] * factor;
    }

    /// <summary>RandomState.permutation: Fisher–Yates from the last element down to the second.</summary>
    private static void Permute(ref MersenneTwister random, Span<ushort> order)
    {
        for (var i = 0; i < order.Length; i++) order[i] = (ushort)i;
        for (var i = order.Length - 1; i > 0; i--)
        {
            var j = (int)random.NextUpTo((uint)i);
            (order[i], order[j]) = (order[j], order[i]);
        }
    }

    private static float Flip(float value, uint signBit) =>
        BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) ^ signBit);

    private static int PaddedLength(int d) => (int)BitOperations.RoundUpToPowerOf2((uint)d);

    private static void CheckLengths(int d, int other)
    {
        if (d is < 1 or > TokenPacket.MaxDimension) throw new ArgumentException($"d={d}: allowed is 1 … {TokenPacket.MaxDimension}.");
        if (other != d) throw new ArgumentException($"z and q differ in length: {d} and {other}.");
    }
}
