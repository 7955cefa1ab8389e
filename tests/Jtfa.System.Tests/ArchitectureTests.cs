using System.Reflection;
using System.Xml.Linq;
using Jtfa.Core;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Silo;
using NetArchTest.Rules;

namespace Jtfa.System.Tests;

/// <summary>
/// The rules of docs/design.md about what may use what: projects by their references, folders of the silo by what their types use.
/// </summary>
public sealed class ArchitectureTests
{
    [Theory]
    [InlineData("Jtfa.Core", "")]
    [InlineData("Jtfa.Interfaces", "Jtfa.Core")]
    [InlineData("Jtfa.GrainInterfaces", "Jtfa.Core Jtfa.Interfaces")]
    [InlineData("Jtfa.Language", "")]
    [InlineData("Jtfa.Grains", "Jtfa.Core Jtfa.GrainInterfaces Jtfa.Interfaces Jtfa.Language")]
    [InlineData("Jtfa.Silo", "Jtfa.Core Jtfa.Grains Jtfa.GrainInterfaces Jtfa.Interfaces Jtfa.Language")]
    [InlineData("Jtfa.Client", "Jtfa.Core Jtfa.Interfaces")]
    [InlineData("Jtfa.Client.Cluster", "Jtfa.Client Jtfa.GrainInterfaces")]
    [InlineData("Jtfa.Cli", "Jtfa.Client Jtfa.Client.Cluster Jtfa.Language Jtfa.Silo")]
    public void A_project_of_the_product_references_those_below_it_alone(string project, string allowed)
    {
        var file = XDocument.Load(Path.Combine(Repository.Folder, project, $"{project}.csproj"));
        var referenced = file.Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value));
        Assert.Subset(allowed.Split(' ').ToHashSet(), referenced.ToHashSet());
    }

    [Fact]
    public void Grains_touch_no_file_and_no_web_framework() =>
        AssertUsesNone(
            typeof(SceneCatalog).Assembly, "Jtfa.Grains", "System.IO.File", "System.IO.Directory", "System.IO.FileStream",
            "Microsoft.AspNetCore");

    [Fact]
    public void The_mathematics_know_no_actors_and_no_network()
    {
        string[] others = ["Orleans", "System.Net.Sockets", "System.Net.Http", "Microsoft.AspNetCore"];
        AssertUsesNone(typeof(FusionHead).Assembly, "Jtfa.Core", others);
        AssertUsesNone(typeof(Decision).Assembly, "Jtfa.Interfaces", others[1..]);
        AssertUsesNone(typeof(ISceneGrain).Assembly, "Jtfa.Interfaces", others[1..]);
    }

    // Data flows from cameras through ingress to decisions; the gateway knows the cluster, and Http shows what there is.
    [Theory]
    [InlineData("Time", "Cameras Cluster Decisions Http Ingress Scenes Telemetry")]
    [InlineData("Telemetry", "Cameras Cluster Decisions Http Ingress Scenes")]
    [InlineData("Scenes", "Cameras Cluster Decisions Http Ingress")]
    [InlineData("Cameras", "Cluster Decisions Http Ingress")]
    [InlineData("Ingress", "Cameras Decisions Http")]
    [InlineData("Decisions", "Cameras Cluster Http Ingress")]
    [InlineData("Notifications", "Cameras Decisions Http Ingress Scenes")]
    [InlineData("Language", "Cameras Cluster Http Ingress Scenes")]
    [InlineData("Cluster", "Http Ingress")]
    [InlineData("Http", "Cameras Cluster Ingress")]
    public void A_folder_of_the_silo_uses_none_that_comes_after_it(string folder, string others)
    {
        var space = $"Jtfa.Silo.{folder}";
        Assert.NotEmpty(Types.InAssembly(typeof(JtfaSilo).Assembly).That().ResideInNamespace(space).GetTypes());
        AssertUsesNone(typeof(JtfaSilo).Assembly, space, [.. others.Split(' ').Select(other => $"Jtfa.Silo.{other}")]);
    }

    private static void AssertUsesNone(Assembly assembly, string space, params string[] others)
    {
        var result = Types.InAssembly(assembly).That().ResideInNamespace(space).ShouldNot().HaveDependencyOnAny(others).GetResult();
        Assert.True(result.IsSuccessful, $"uses one of {string.Join(", ", others)}: {string.Join(", ", result.FailingTypeNames ?? [])}");
    }
}
