using Jtfa.Language.Kernels;

namespace Jtfa.Language.Tests.Kernels;

/// <summary>The numbers that every machine has to come to, and the choice of what it computes them with.</summary>
public sealed class KernelCheckTests
{
    public static TheoryData<InstructionSet> Sets => [.. Enum.GetValues<InstructionSet>()];

    [Theory, MemberData(nameof(Sets))]
    public void Products_are_those_of_every_machine(InstructionSet set)
    {
        Assert.SkipUnless(Instructions.Supported.Contains(set), $"this processor, or .NET on it, has no {set}.");
        var differing = KernelCheck.Differing(set);
        if (differing.Count > 0)
        {
            foreach (var (name, digest) in KernelCheck.Digests(set))
                TestContext.Current.TestOutputHelper!.WriteLine($"[\"{name}\"] = \"{digest}\",");
        }

        Assert.Empty(differing);
    }

    [Fact]
    public void The_best_instructions_are_chosen_unless_others_are_named()
    {
        Assert.Equal(Instructions.Supported[^1], Instructions.Choose(null));
        Assert.Equal(InstructionSet.Plain, Instructions.Choose("plain"));
        foreach (var set in Instructions.Supported) Assert.Equal(set, Instructions.Choose(set.ToString().ToUpperInvariant()));
        var lacking = Enum.GetValues<InstructionSet>().First(set => !Instructions.Supported.Contains(set));
        var refusal = Assert.Throws<KernelException>(() => Instructions.Choose(lacking.ToString()));
        Assert.StartsWith($"JTFA_KERNELS={lacking}: this machine computes by plain", refusal.Message);
        Assert.Throws<KernelException>(() => Instructions.Choose("7"));
    }
}
