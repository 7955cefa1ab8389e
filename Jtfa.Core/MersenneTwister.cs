namespace Jtfa.Core;

/// <summary>
/// MT19937 seeded by init_genrand (Matsumoto and Nishimura, ACM TOMACS 8(1), 1998; mt19937ar.c, 2002), which is what numpy's
/// RandomState(seed) draws from. Seeding and twisting are lazy: output k of the first round needs the state up to k + 397 alone, so
/// the few outputs of one token cost about two thirds of the seeding and none of the 624-word twist.
/// </summary>
internal ref struct MersenneTwister
{
    /// <summary>Words of state that the caller lends.</summary>
    public const int StateWords = 624;

    private const int Shift = 397;

    private readonly Span<uint> _state;
    private int _seeded;
    private int _next;

    /// <summary>A generator in a state buffer of <see cref="StateWords"/> words, whose contents do not matter.</summary>
    public MersenneTwister(uint seed, Span<uint> state)
    {
        _state = state[..StateWords];
        _state[0] = seed;
        var word = seed;
        for (var i = 1; i < Shift; i++)
        {
            word = (1812433253u * (word ^ (word >> 30))) + (uint)i;
            _state[i] = word;
        }
        _seeded = Shift;
    }

    /// <summary>The next 32-bit output.</summary>
    public uint Next()
    {
        if (_seeded < StateWords) SeedOne();

        // The twist of mt19937ar.c, one word at a time: each word is made from the same old and twisted words as in that code.
        var k = _next;
        var following = k + 1 < StateWords ? k + 1 : 0;
        var shifted = k + Shift < StateWords ? k + Shift : k + Shift - StateWords;
        var joined = (_state[k] & 0x80000000u) | (_state[following] & 0x7fffffffu);
        var y = _state[shifted] ^ (joined >> 1) ^ ((joined & 1) * 0x9908b0dfu);
        _state[k] = y;
        _next = following;

        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c5680u;
        y ^= (y << 15) & 0xefc60000u;
        return y ^ (y >> 18);
    }

    /// <summary>A number in [0, <paramref name="max"/>]: masked to the smallest all-ones mask, redrawn while it is greater.</summary>
    public uint NextUpTo(uint max)
    {
        var mask = uint.MaxValue >> System.Numerics.BitOperations.LeadingZeroCount(max);
        uint value;
        do value = Next() & mask;
        while (value > max);
        return value;
    }

    /// <summary>The sign bit of the next of numpy's randint(0, 2)·2 − 1: set for −1, where the output's low bit is 0.</summary>
    public uint NextSignBit() => ~Next() << 31;

    private void SeedOne()
    {
        var last = _state[_seeded - 1];
        _state[_seeded] = (1812433253u * (last ^ (last >> 30))) + (uint)_seeded;
        _seeded++;
    }
}
