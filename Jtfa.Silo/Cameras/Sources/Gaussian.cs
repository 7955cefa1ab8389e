namespace Jtfa.Silo.Cameras.Sources;

/// <summary>
/// Seeded numbers of a standard normal distribution: SplitMix64 for uniform numbers, the Box–Muller transform
/// √(−2·ln u)·(cos 2πv, sin 2πv) for normal ones. The same seed gives the same numbers on every machine of one architecture.
/// </summary>
/// <param name="seed">Any number.</param>
public struct Gaussian(ulong seed)
{
    private ulong _state = seed;
    private float _spare;
    private bool _hasSpare;

    /// <summary>The next number.</summary>
    public float Next()
    {
        if (_hasSpare)
        {
            _hasSpare = false;
            return _spare;
        }
        var radius = MathF.Sqrt(-2f * MathF.Log(NextUniform()));
        var (sin, cos) = MathF.SinCos(2f * MathF.PI * NextUniform());
        _spare = radius * sin;
        _hasSpare = true;
        return radius * cos;
    }

    // In (0, 1]: the logarithm of 0 is not finite.
    private float NextUniform()
    {
        var bits = SampleOrder.Mix(_state);
        _state += SampleOrder.Golden;
        return ((bits >> 40) + 1) * (1f / (1 << 24));
    }
}
