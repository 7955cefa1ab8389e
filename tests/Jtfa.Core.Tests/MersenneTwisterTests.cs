namespace Jtfa.Core.Tests;

public class MersenneTwisterTests
{
    private const uint DefaultSeed = 5489;

    [Fact]
    public void The_first_and_the_ten_thousandth_output_are_the_standards()
    {
        var random = new MersenneTwister(DefaultSeed, new uint[MersenneTwister.StateWords]);

        Assert.Equal(3499211612u, random.Next());
        for (var i = 2; i < 10_000; i++) random.Next();
        Assert.Equal(4123659995u, random.Next()); // ISO C++ [rand.predef]: the 10000th of mt19937
    }

    [Fact]
    public void Every_output_equals_that_of_the_whole_twist()
    {
        foreach (var seed in new[] { 0u, 1u, DefaultSeed, uint.MaxValue })
        {
            var state = new uint[MersenneTwister.StateWords];
            Array.Fill(state, 0xdeadbeefu); // a lent buffer's contents must not matter
            var lazy = new MersenneTwister(seed, state);
            foreach (var expected in WholeTwists(seed, 3)) Assert.Equal(expected, lazy.Next());
        }
    }

    [Fact]
    public void Numbers_up_to_a_maximum_cover_it()
    {
        var random = new MersenneTwister(1, new uint[MersenneTwister.StateWords]);
        foreach (var max in new uint[] { 1, 2, 6, 7, 8 })
        {
            var seen = new int[max + 1];
            for (var i = 0; i < 1000 * seen.Length; i++) seen[random.NextUpTo(max)]++;
            Assert.All(seen, count => Assert.InRange(count, 850, 1150)); // five standard deviations
        }
    }

    /// <summary>mt19937ar.c as it is written: the whole state seeded, then twisted a round at a time.</summary>
    private static IEnumerable<uint> WholeTwists(uint seed, int rounds)
    {
        const int n = 624;
        const int m = 397;
        var mt = new uint[n];
        mt[0] = seed;
        for (var i = 1u; i < n; i++) mt[i] = (1812433253u * (mt[i - 1] ^ (mt[i - 1] >> 30))) + i;
        for (var round = 0; round < rounds; round++)
        {
            for (var k = 0; k < n; k++)
            {
                var y = (mt[k] & 0x80000000u) | (mt[(k + 1) % n] & 0x7fffffffu);
                mt[k] = mt[(k + m) % n] ^ (y >> 1) ^ ((y & 1) == 0 ? 0 : 0x9908b0dfu);
            }
            foreach (var word in mt)
            {
                var y = word;
                y ^= y >> 11;
                y ^= (y << 7) & 0x9d2c5680u;
                y ^= (y << 15) & 0xefc60000u;
                yield return y ^ (y >> 18);
            }
        }
    }
}
