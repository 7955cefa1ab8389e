namespace Jtfa.Silo.Language;

/// <summary>Where the stages of a ring come up. From whichever thread.</summary>
internal interface IRingPlan
{
    /// <summary>Blocks that the starter computes itself, from the first on.</summary>
    int StarterBlocks { get; }

    /// <summary>The stages after those blocks, with the silos on which they come up now.</summary>
    /// <param name="isUsable">Whether a silo is there and has answered of late.</param>
    /// <returns>The stages in order, or why there are none, one line.</returns>
    (IReadOnlyList<PlacedStage>? Stages, string? Fault) Place(Func<string, bool> isUsable);

    /// <summary>Whether the stages are worse placed than they need be, so that it pays to begin anew while no text is computed.</summary>
    bool IsWorse(IReadOnlyList<PlacedStage> stages, Func<string, bool> isUsable);
}

/// <summary>A stage, and where it comes up.</summary>
/// <param name="Planned">What the plan says.</param>
/// <param name="Silo">The silo that has it, which may be another one than the plan says.</param>
internal sealed record PlacedStage(StageOptions Planned, string Silo)
{
    /// <summary>The stage as it is.</summary>
    public StageOptions Placed => Planned with { Silo = Silo };

    /// <inheritdoc/>
    public override string ToString() => $"{Planned.First} … {Planned.First + Planned.Count - 1} on {Silo}";
}
