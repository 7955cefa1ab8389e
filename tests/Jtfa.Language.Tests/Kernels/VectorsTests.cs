using Jtfa.Language.Kernels;

namespace Jtfa.Language.Tests.Kernels;

/// <summary>Rows of numbers, of lengths that vectors divide and of others, beside double precision.</summary>
public sealed unsafe class VectorsTests
{
    private const double Allowed = 3e-7;

    [Theory, InlineData(1), InlineData(7), InlineData(8), InlineData(31), InlineData(200)]
    public void Softmax_is_that_of_double_precision(int length)
    {
        using var x = Numbers(length);
        double[] exact = [.. x.Span(0, length).ToArray().Select(value => Math.Exp(value))];
        var sum = exact.Sum();
        Vectors.Softmax(x.Address, length);
        for (var i = 0; i < length; i++) Assert.InRange(Math.Abs(x.Address[i] - (exact[i] / sum)), 0, Allowed);
    }

    [Theory, InlineData(1), InlineData(8), InlineData(45)]
    public void Silu_is_that_of_double_precision(int length)
    {
        using var x = Numbers(length);
        var before = x.Span(0, length).ToArray();
        Vectors.Silu(x.Address, length);
        for (var i = 0; i < length; i++)
        {
            var exact = before[i] / (1 + Math.Exp(-(double)before[i]));
            Assert.InRange(Math.Abs(x.Address[i] - exact), 0, Allowed * (1 + Math.Abs(exact)));
        }
    }

    [Fact]
    public void Silu_of_far_numbers_is_0_or_themselves()
    {
        using var x = new NativeBuffer<float>(9);
        float[] far = [-1e30f, -200, 200, 1e30f, 0, -90, 90, 3e38f, -3e38f];
        far.CopyTo(x.Span(0, 9));
        Vectors.Silu(x.Address, 9);
        for (var i = 0; i < 9; i++) Assert.InRange(x.Address[i], far[i] < 0 ? -1e-30f : far[i], Math.Max(0, far[i]));
    }

    [Theory, InlineData(5), InlineData(64), InlineData(77)]
    public void Halves_are_read_as_they_are(int count)
    {
        using var numbers = new NativeBuffer<float>(count);
        Half[] halves = [.. Enumerable.Range(0, count).Select(i => (Half)((i - 3) * Math.Pow(2, (i % 30) - 24)))];
        fixed (Half* from = halves) HalfVectors.Read((byte*)from, numbers.Address, count);
        Assert.Equal(halves.Select(half => (float)half), numbers.Span(0, count).ToArray());
    }

    private static NativeBuffer<float> Numbers(int length)
    {
        var (random, numbers) = (new Random(8), new NativeBuffer<float>(length));
        for (var i = 0; i < length; i++) numbers.Address[i] = (float)((random.NextDouble() - 0.5) * 20);
        return numbers;
    }
}
