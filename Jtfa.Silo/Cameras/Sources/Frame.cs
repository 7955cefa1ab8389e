namespace Jtfa.Silo.Cameras.Sources;

/// <summary>The size of a frame.</summary>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Channels">1 (grey) or 3 (red, green, blue).</param>
public readonly record struct FrameShape(int Width, int Height, int Channels)
{
    /// <summary>Bytes of one frame.</summary>
    public int Bytes => Width * Height * Channels;
}

/// <summary>One image: bytes, row by row from the top left, the channels of a pixel together.</summary>
/// <param name="shape">Its size.</param>
/// <param name="pixels">Height × width × channels values 0 … 255; the frame keeps the array.</param>
public sealed class Frame(FrameShape shape, byte[] pixels)
{
    /// <summary>A black frame.</summary>
    public Frame(FrameShape shape)
        : this(shape, new byte[shape.Bytes])
    {
    }

    /// <summary>Its size.</summary>
    public FrameShape Shape { get; } = shape;

    /// <summary>Height × width × channels values.</summary>
    public byte[] Pixels { get; } = pixels.Length == shape.Bytes
        ? pixels
        : throw new ArgumentException($"{pixels.Length} bytes: {shape} has {shape.Bytes}.", nameof(pixels));
}
