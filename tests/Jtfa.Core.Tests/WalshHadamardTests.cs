using System.Numerics;

namespace Jtfa.Core.Tests;

public class WalshHadamardTests
{
    public static TheoryData<int> Lengths => [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

    [Theory, MemberData(nameof(Lengths))]
    public void The_transform_is_the_hadamard_matrix(int length)
    {
        var random = new Random(length);
        var values = Enumerable.Range(0, length).Select(_ => (float)random.Next(-100, 101)).ToArray(); // integers: sums are exact
        float Signed(int row, int column) => BitOperations.PopCount((uint)(row & column)) % 2 == 0 ? values[column] : -values[column];
        var expected = Enumerable.Range(0, length).Select(row => Enumerable.Range(0, length).Sum(column => Signed(row, column)));

        var transformed = values.ToArray();
        WalshHadamard.Transform(transformed);

        Assert.Equal(expected, transformed);
    }

    [Theory, MemberData(nameof(Lengths))]
    public void Sums_round_as_those_of_the_scalar_loop(int length)
    {
        var random = new Random(length);
        var values = Enumerable.Range(0, length).Select(_ => random.NextSingle() - 0.5f).ToArray();
        var expected = values.ToArray();
        for (var width = 1; width < length; width *= 2)
        {
            foreach (var i in Enumerable.Range(0, length).Where(i => (i & width) == 0))
                (expected[i], expected[i + width]) = (expected[i] + expected[i + width], expected[i] - expected[i + width]);
        }

        WalshHadamard.Transform(values);

        Assert.Equal(expected, values);
    }
}
