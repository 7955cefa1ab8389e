using Jtfa.Silo.Cluster;
using Microsoft.Extensions.Configuration;

namespace Jtfa.Silo.Tests.Cluster;

/// <summary>What a silo has by its role.</summary>
public sealed class SiloRoleTests
{
    [Theory]
    [InlineData("Both", true, true, true)]
    [InlineData("fusion", true, false, true)]
    [InlineData("Camera", false, true, false)]
    [InlineData("Language", false, false, true)]
    [InlineData("camera,language", false, true, true)]
    [InlineData("Camera, Fusion, Language", true, true, true)]
    public void A_silo_has_what_its_roles_need(string role, bool fuses, bool runsCameras, bool serves)
    {
        var settings = SiloSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Jtfa:Cluster:Role"] = role,
            ["Jtfa:Cluster:Provider"] = "Postgres",
            ["Jtfa:Cluster:ConnectionString"] = "Host=db;Database=jtfa",
        }).Build());
        var cluster = settings.Cluster;
        Assert.Equal((fuses, runsCameras, serves), (cluster.Fuses, cluster.RunsCameras, cluster.Serves));
        Assert.Equal((fuses, serves), (settings.Fuses, settings.ServesHttp));
    }

    [Theory]
    [InlineData((SiloRole)0, "Postgres")]
    [InlineData((SiloRole)8, "Postgres")]
    [InlineData(SiloRole.Camera | SiloRole.Language, "Localhost")] // its camera has no gateway
    public void A_role_that_is_none_is_named_with_what_is_allowed(SiloRole role, string provider)
    {
        var cluster = new SiloClusterOptions
        {
            Role = role,
            Provider = Enum.Parse<ClusterProvider>(provider),
            ConnectionString = "Host=db;Database=jtfa",
        };
        Assert.StartsWith($"Jtfa:Cluster:Role={role}: ", Assert.Single(cluster.Faults()), StringComparison.Ordinal);
    }
}
