using System.Runtime.CompilerServices;
using Jtfa.Language.Architectures;
using Jtfa.Language.Kernels;

namespace Jtfa.Language.Models;

/// <summary>Turns queries and keys by their positions (RoPE, Su et al. 2021; YaRN: Peng et al. 2023).</summary>
internal sealed unsafe class RotaryTable : IDisposable
{
    private const double FastTurns = 32;
    private const double SlowTurns = 1;
    private readonly int _pairs;
    private readonly RotaryPairs _kind;
    private readonly float _magnitude;
    private readonly double[] _speeds;
    private NativeBuffer<float> _turns = new(0);

    /// <param name="rotary">How angles fall.</param>
    /// <param name="kind">Which numbers are turned together.</param>
    /// <param name="factors">By which each pair's angle is divided; null for 1.</param>
    public RotaryTable(RotaryScaling rotary, RotaryPairs kind, ReadOnlySpan<float> factors)
    {
        (_pairs, _kind, _magnitude) = (rotary.Dimension / 2, kind, (float)rotary.Magnitude);
        _speeds = new double[_pairs];
        var low = Math.Max(0, Math.Floor(Turning(rotary, FastTurns)));
        var high = Math.Min((2 * _pairs) - 1, Math.Ceiling(Turning(rotary, SlowTurns)));
        for (var i = 0; i < _pairs; i++)
        {
            var own = Math.Pow(rotary.Base, -2.0 * i / rotary.Dimension) / (factors.IsEmpty ? 1 : factors[i]);
            var slowed = own / rotary.Factor;
            var kept = rotary.Yarn ? 1 - Math.Clamp((i - low) / Math.Max(0.001, high - low), 0, 1) : 0;
            _speeds[i] = (slowed * (1 - kept)) + (own * kept);
        }
    }

    /// <summary>Computes the turns of some positions, for all blocks and heads.</summary>
    public void Prepare(IReadOnlyList<BatchRow> rows)
    {
        var length = 2L * _pairs * rows.Count;
        if (_turns.Length < length)
        {
            _turns.Dispose();
            _turns = new NativeBuffer<float>(length);
        }

        var turn = _turns.Address;
        for (var row = 0; row < rows.Count; row++)
        {
            foreach (var speed in _speeds)
            {
                var (sin, cos) = Math.SinCos(rows[row].Position * speed);
                *turn++ = (float)cos * _magnitude;
                *turn++ = (float)sin * _magnitude;
            }
        }
    }

    /// <summary>Turns the numbers of one head of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Turn(float* head, int row)
    {
        var turn = _turns.Address + (2L * _pairs * row);
        var (step, apart) = _kind == RotaryPairs.Adjacent ? (2, 1) : (1, _pairs);
        for (var i = 0; i < _pairs; i++, turn += 2)
        {
            var first = head + (i * step);
            var (a, b) = (first[0], first[apart]);
            first[0] = (a * turn[0]) - (b * turn[1]);
            first[apart] = (a * turn[1]) + (b * turn[0]);
        }
    }

    public void Dispose() => _turns.Dispose();

    // The pair that turns so often within the original context.
    private static double Turning(RotaryScaling rotary, double turns) =>
        rotary.Dimension * Math.Log(rotary.OriginalContext / (turns * 2 * Math.PI)) / (2 * Math.Log(rotary.Base));
}
