namespace Jtfa.Interfaces;

/// <summary>Which silos have which blocks of a language model. Hidden states go through the stages in their order.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.ModelPlan")]
public sealed record ModelPlan
{
    /// <summary>The model's name.</summary>
    [Id(0)] public required string Model { get; init; }

    /// <summary>Its stages. The first is the starter, which also has the embedding, the head and the texts.</summary>
    [Id(1)] public required StagePlan[] Stages { get; init; }

    /// <summary>What is wrong with the plan, one line a fault; empty when all is valid.</summary>
    /// <param name="blocks">Blocks of the model; null: not known, so that only what the plan says of itself is checked.</param>
    public IEnumerable<string> Faults(int? blocks = null)
    {
        if (Stages.Length == 0) yield return "it has no stage: allowed is one or more";
        var next = 0L;
        for (var i = 0; i < Stages.Length; i++)
        {
            var stage = Stages[i];
            if (string.IsNullOrWhiteSpace(stage.Silo) || stage.Shards.Any(shard => string.IsNullOrWhiteSpace(shard.Silo)))
                yield return $"stage {i} names no silo: allowed is a silo's name";
            if (stage.Count < 1) yield return $"stage {i} has {stage.Count} blocks: allowed is 1 or more";
            if (stage.First != next) yield return $"stage {i} begins with block {stage.First}: allowed is {next}, which no stage has yet";
            next = (long)stage.First + stage.Count;
        }

        if (blocks is { } all && Stages.Length > 0 && next != all)
            yield return $"its stages end with block {next - 1}: allowed is {all - 1}, the model's last";
    }
}

/// <summary>A run of a model's blocks, and who has it.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.StagePlan")]
public sealed record StagePlan
{
    /// <summary>The silo's name (<c>Jtfa:Cluster:SiloName</c>); of a stage with shards that of the first.</summary>
    [Id(0)] public required string Silo { get; init; }

    /// <summary>The first block, from 0.</summary>
    [Id(1)] public required int First { get; init; }

    /// <summary>How many blocks.</summary>
    [Id(2)] public required int Count { get; init; }

    /// <summary>Silos that share the stage's tensors; empty where one silo has all of them.</summary>
    [Id(3)] public ShardPlan[] Shards { get; init; } = [];
}

/// <summary>A silo's part of a stage's tensors: heads of keys and values, with the heads of queries that they serve.</summary>
/// <param name="Silo">The silo's name.</param>
/// <param name="FirstHead">The first head of keys and values, from 0.</param>
/// <param name="Heads">How many; columns of the feed-forward networks are shared in the same proportion.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.ShardPlan")]
public sealed record ShardPlan([property: Id(0)] string Silo, [property: Id(1)] int FirstHead, [property: Id(2)] int Heads);
