using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Jtfa.Language.Kernels;

/// <summary>Instructions that kernels are written for. All of them give the same numbers, bit for bit.</summary>
public enum InstructionSet
{
    /// <summary>None of a processor's own: what the others are compared with.</summary>
    Plain,

    /// <summary>ARM's vectors of 128 bits.</summary>
    Neon,

    /// <summary>The same, and products of bytes that are added in fours.</summary>
    NeonDot,

    /// <summary>256 bits.</summary>
    Avx2,

    /// <summary>The same, and products of bytes that are added in fours.</summary>
    AvxVnni,

    /// <summary>512 bits of bytes and words.</summary>
    Avx512,
}

/// <summary>Which instructions this process computes with.</summary>
public static class Instructions
{
    /// <summary>The environment variable that chooses others than the best.</summary>
    public const string Variable = "JTFA_KERNELS";

    private static readonly Lazy<InstructionSet> s_chosen = new(() => Choose(Environment.GetEnvironmentVariable(Variable)));

    /// <summary>Those that this processor and .NET have.</summary>
    public static IReadOnlyList<InstructionSet> Supported { get; } = [.. Enum.GetValues<InstructionSet>().Where(IsSupported)];

    /// <summary>The best of them, or what <see cref="Variable"/> says.</summary>
    /// <exception cref="KernelException">It says what is unknown, or what this processor lacks.</exception>
    public static InstructionSet Chosen => s_chosen.Value;

    /// <summary>What a name means.</summary>
    /// <param name="name">A name of <see cref="InstructionSet"/>, however it is capitalised; empty or null for the best.</param>
    /// <exception cref="KernelException">It is unknown, or this processor lacks it.</exception>
    public static InstructionSet Choose(string? name)
    {
        if (string.IsNullOrEmpty(name)) return Supported[^1];
        foreach (var set in Supported)
            if (string.Equals(set.ToString(), name, StringComparison.OrdinalIgnoreCase)) return set;
        var allowed = string.Join(", ", Supported).ToLowerInvariant();
        throw new KernelException($"{Variable}={name}: this machine computes by {allowed}");
    }

    private static bool IsSupported(InstructionSet set) => set switch
    {
        InstructionSet.Plain => true,
        InstructionSet.Neon => AdvSimd.Arm64.IsSupported,
        InstructionSet.NeonDot => Dp.Arm64.IsSupported,
        InstructionSet.Avx2 => Avx2.IsSupported && Fma.IsSupported,
        InstructionSet.AvxVnni => AvxVnni.IsSupported && Fma.IsSupported,
        _ => Avx512BW.IsSupported,
    };
}

/// <summary>Instructions were asked for that are unknown, or that the processor lacks.</summary>
public sealed class KernelException(string message) : Exception(message);
