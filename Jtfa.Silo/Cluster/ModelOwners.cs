using Jtfa.Silo.Language;
using Microsoft.Extensions.Configuration;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Jtfa.Silo.Cluster;

/// <summary>Which silos have a language model, by the models that each declares.</summary>
internal sealed class ModelOwners(
    ISiloMetadataCache metadata, ILocalSiloDetails local, IClusterMembershipService membership, NamedSilos names, DeclaredModels own)
    : IModelDirectory
{
    /// <summary>The silo metadata that lists a silo's language models, separated by commas.</summary>
    public const string MetadataKey = "jtfa.models";

    /// <inheritdoc />
    public IReadOnlyList<string> Names =>
    [
        .. own.Names.Concat(membership.CurrentSnapshot.Members.Values.Where(member => member.Status == SiloStatus.Active)
            .Select(member => member.SiloAddress).Order().SelectMany(Declared)).Distinct(),
    ];

    /// <summary>
    /// Those of the given silos that have a model, the one that started last first. Where none is known to, the one that starts it by this
    /// silo's own configuration: a silo's metadata can be missing for as long as its membership is new.
    /// </summary>
    public IReadOnlyList<SiloAddress> Find(string model, IReadOnlyCollection<SiloAddress> silos)
    {
        SiloAddress[] declared =
            [.. silos.Where(silo => Declared(silo).Contains(model)).OrderByDescending(silo => silo.Generation).ThenBy(silo => silo)];
        return declared.Length > 0 || !own.Starters.TryGetValue(model, out var starter) ? declared : [.. names.Find(starter, silos)];
    }

    // This silo's own are known before the cluster has its metadata, which arrives a little later than the membership.
    private IReadOnlyList<string> Declared(SiloAddress silo) => silo.Equals(local.SiloAddress)
        ? own.Names
        : metadata.GetSiloMetadata(silo).Metadata.GetValueOrDefault(MetadataKey, "").Split(',', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>The language models that this silo tells the others of: those of its configuration, where it serves any.</summary>
internal sealed class DeclaredModels
{
    public DeclaredModels(SiloClusterOptions cluster, IConfiguration configuration)
    {
        IConfigurationSection[] sections =
            cluster.Serves ? [.. configuration.GetSection($"{LanguageOptions.Section}:Models").GetChildren()] : [];
        var own = Membership.NameOf(cluster);
        (string Name, string? StartedBy)[] models = [.. sections.Select(model => (model["Name"] ?? "", StartedBy(model)))];
        Files = [.. models.Select(model => model.Name)];
        Names = [.. models.Where(model => (model.StartedBy ?? own) == own).Select(model => model.Name)];
        Starters = models.Where(model => model.StartedBy is not null)
            .DistinctBy(model => model.Name).ToDictionary(model => model.Name, model => model.StartedBy!);
    }

    // As ModelOptions has it: what is wrong with a section is told where it is checked.
    private static string? StartedBy(IConfigurationSection model)
    {
        if (model["Plan"] is not { } text) return model["Plan:0:Silo"];
        var plan = PlanOptions.Parse(text);
        return plan.Count > 0 ? plan[0].Silo : model["Starter"] is { Length: > 0 } starter ? starter : null;
    }

    /// <summary>Those that it is asked for, since it has all of them or is their starter; in the order of configuration.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>By the model's name: the silo that starts it, of those of which the configuration says so.</summary>
    public IReadOnlyDictionary<string, string> Starters { get; }

    /// <summary>Those of whose files it can load blocks.</summary>
    public IReadOnlyList<string> Files { get; }
}
