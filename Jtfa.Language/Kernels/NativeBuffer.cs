using System.Runtime.InteropServices;

namespace Jtfa.Language.Kernels;

/// <summary>
/// Memory outside the collector's heap, zeroed, on a border of 64 bytes. Kernels and worker threads use it by its address.
/// </summary>
/// <typeparam name="T">Its elements.</typeparam>
public sealed unsafe class NativeBuffer<T> : IDisposable
    where T : unmanaged
{
    private const nuint Alignment = 64;
    private T* _pointer;

    /// <summary>Takes memory.</summary>
    /// <param name="length">Elements, 0 or more.</param>
    /// <exception cref="OutOfMemoryException">There is not enough.</exception>
    public NativeBuffer(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        var bytes = (nuint)length * (nuint)sizeof(T);
        _pointer = (T*)NativeMemory.AlignedAlloc(Math.Max(bytes, Alignment), Alignment);
        NativeMemory.Clear(_pointer, bytes);
    }

    /// <summary>Gives the memory back where nobody disposed of it.</summary>
    ~NativeBuffer() => Free();

    /// <summary>Elements.</summary>
    public long Length { get; }

    /// <summary>The first element.</summary>
    /// <exception cref="ObjectDisposedException">The memory has been given back.</exception>
    public T* Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pointer == null, this);
            return _pointer;
        }
    }

    /// <summary>Some of its elements.</summary>
    public Span<T> Span(long first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + count, Length);
        return new Span<T>(Address + first, count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
    }
}
