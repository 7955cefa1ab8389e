using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Jtfa.Silo.Language;

/// <summary>The cluster's silos by their names, and which have a language model's file.</summary>
internal sealed class LanguageSilos(IClusterMembershipService membership, ISiloMetadataCache metadata, ILocalSiloDetails local)
{
    /// <summary>The silo metadata that lists the models of whose files a silo can load blocks, separated by commas.</summary>
    public const string FilesKey = "jtfa.files";

    /// <summary>This silo's name.</summary>
    public string Own => local.Name;

    /// <summary>Whether a silo of this name is a member.</summary>
    public bool IsThere(string name) => Active.Any(member => member.Name == name);

    /// <summary>The other silos that have a model's file.</summary>
    public IEnumerable<string> OthersWithFile(string model) => Active
        .Where(member => member.Name != Own && FilesOf(member.SiloAddress).Contains(model))
        .Select(member => member.Name)
        .Distinct();

    private IEnumerable<ClusterMember> Active =>
        membership.CurrentSnapshot.Members.Values.Where(member => member.Status == SiloStatus.Active);

    private string[] FilesOf(SiloAddress silo) => metadata.GetSiloMetadata(silo).Metadata.GetValueOrDefault(FilesKey, "").Split(',');
}
