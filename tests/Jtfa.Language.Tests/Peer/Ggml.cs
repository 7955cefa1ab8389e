using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Tests.Peer;

/// <summary>llama.cpp's library of tensors, to compare formats with.</summary>
internal static unsafe class Ggml
{
    private static readonly Lazy<nint> s_library = new(() => NativeLibrary.Load(
        Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", Avx2.IsSupported ? "avx2" : "noavx", "libggml-base.so")));

    /// <summary>Skips a test where the library does not run.</summary>
    public static void Needed() => Assert.SkipUnless(
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64, "llama.cpp is there for Linux x64 only.");

    /// <summary>What llama.cpp decodes of some blocks.</summary>
    public static float[] Decode(WeightFormat format, ReadOnlySpan<byte> blocks)
    {
        var values = new float[blocks.Length / format.BlockBytes * format.BlockLength];
        var name = $"dequantize_row_{format.Name.Replace('Q', 'q')}";
        var decode = (delegate* unmanaged<byte*, float*, long, void>)NativeLibrary.GetExport(s_library.Value, name);
        fixed (byte* from = blocks)
        fixed (float* to = values) decode(from, to, values.Length);
        return values;
    }

    /// <summary>What llama.cpp encodes some numbers as.</summary>
    public static byte[] Encode(WeightFormat format, ReadOnlySpan<float> values)
    {
        var blocks = new byte[format.BytesOf(values.Length)];
        var encode = (delegate* unmanaged<int, float*, void*, long, long, long, float*, nuint>)NativeLibrary.GetExport(
            s_library.Value, "ggml_quantize_chunk");
        fixed (float* from = values)
        fixed (byte* to = blocks) encode((int)format.Id, from, to, 0, 1, values.Length, null);
        return blocks;
    }
}
