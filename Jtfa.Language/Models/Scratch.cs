using Jtfa.Language.Kernels;

namespace Jtfa.Language.Models;

/// <summary>Memory of each thread for what it computes in between; grows with what is asked of it.</summary>
/// <param name="threads">Threads.</param>
internal sealed unsafe class Scratch(int threads) : IDisposable
{
    private const int Spacing = 64;
    private NativeBuffer<float> _numbers = new(0);
    private long _each;

    /// <summary>Makes room for so many numbers a thread.</summary>
    public void Grow(long numbers)
    {
        if (numbers <= _each) return;
        // Attention asks for a little more with each text token.
        _each = (Math.Max(numbers, 2 * _each) + Spacing - 1) / Spacing * Spacing;
        _numbers.Dispose();
        _numbers = new NativeBuffer<float>(_each * threads);
    }

    /// <summary>The activations that are multiplied, for one job at a time.</summary>
    public ActivationBlocks Activations { get; } = new();

    /// <summary>A thread's numbers.</summary>
    public float* Of(int worker) => _numbers.Address + (worker * _each);

    public void Dispose()
    {
        _numbers.Dispose();
        Activations.Dispose();
    }
}
