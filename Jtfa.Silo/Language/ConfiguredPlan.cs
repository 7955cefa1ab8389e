namespace Jtfa.Silo.Language;

/// <summary>A plan that configuration gives. Where one of its silos is away, another with the model's file stands in for it.</summary>
internal sealed class ConfiguredPlan(ModelOptions model, LanguageSilos silos) : IRingPlan
{
    /// <inheritdoc />
    public int StarterBlocks => model.Plan[0].Count;

    // Where the plan says; else on the silo with the fewest blocks that has the file, this one last; else, where there is none, on one that
    // did not answer of late.
    /// <inheritdoc />
    public (IReadOnlyList<PlacedStage>? Stages, string? Fault) Place(Func<string, bool> isUsable)
    {
        var others = silos.OthersWithFile(model.Name).ToList();
        var blocks = others.ToDictionary(silo => silo, _ => 0);
        List<PlacedStage> stages = [];
        foreach (var stage in model.Plan.Skip(1))
        {
            string[] candidates = [stage.Silo, .. others.OrderBy(other => blocks[other]), silos.Own];
            if ((candidates.FirstOrDefault(isUsable) ?? candidates.FirstOrDefault(silos.IsThere)) is not { } silo)
                return (null, "there is no silo for a stage");
            blocks[silo] = blocks.GetValueOrDefault(silo) + stage.Count;
            stages.Add(new(stage, silo));
        }

        return (stages, null);
    }

    /// <inheritdoc />
    public bool IsWorse(IReadOnlyList<PlacedStage> stages, Func<string, bool> isUsable) =>
        stages.Any(stage => stage.Silo != stage.Planned.Silo) && Place(isUsable).Stages is { } other && !other.SequenceEqual(stages);
}
