using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Jtfa.System.Tests;

/// <summary>The image's file and the manifests of <c>deploy/</c>, as far as they can be checked without what runs them.</summary>
public sealed class ContainerTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public void The_image_copies_what_is_published_and_runs_as_no_root()
    {
        var steps = Instructions();
        Assert.All(steps, step => Assert.Contains(
            step.Name, (string[])["ARG", "FROM", "COPY", "RUN", "USER", "WORKDIR", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK",
                "ENTRYPOINT", "CMD"]));
        var runtimes = File.ReadAllText(Path.Combine(Repository.Folder, "jtfa"));
        Assert.All(steps.Where(step => step.Name == "COPY"), copy => Assert.Contains(copy.Value.Split('/')[0], runtimes));

        // Each stage is there before another is made from it; the last user of each that is a target is not root.
        var stages = new Dictionary<string, string> { ["${BASE}"] = "0" };
        var stage = "";
        foreach (var (name, rest) in steps)
        {
            if (name == "FROM")
            {
                var from = rest.Split(" AS ");
                stages[stage = from[1]] = stages[from[0].Replace("${TARGETARCH}", "amd64", StringComparison.Ordinal)];
            }
            else if (name == "USER")
            {
                stages[stage] = rest;
            }
        }

        Assert.Contains("published-arm64", stages.Keys);
        Assert.Equal(("1654", "1654"), (stages["fusion"], stages["camera"]));
    }

    [Fact]
    public void Manifests_fit_together()
    {
        var documents = Load("kubernetes", "fusion.yaml");
        Assert.All(documents, document => Assert.NotEmpty(Text(document, "metadata", "name")));
        Assert.Equal(
            ["ConfigMap", "StatefulSet", "Service", "Service", "PodDisruptionBudget"],
            documents.Select(document => Text(document, "kind")));
        var set = documents[1];
        var labels = At(set, "spec", "template", "metadata", "labels");
        Assert.Equal(labels, At(set, "spec", "selector", "matchLabels"));
        Assert.Equal(labels, At(documents[4], "spec", "selector", "matchLabels"));
        Assert.All(documents[2..4], service => Assert.Equal(labels, At(service, "spec", "selector")));
        Assert.Equal(Text(set, "spec", "serviceName"), Text(documents[2], "metadata", "name"));

        var pod = At(set, "spec", "template", "spec");
        var silo = Assert.Single(List(pod, "containers"));
        var volumes = List(pod, "volumes").Select(volume => Text(volume, "name"))
            .Concat(List(set, "spec", "volumeClaimTemplates").Select(claim => Text(claim, "metadata", "name")));
        Assert.Equal(List(silo, "volumeMounts").Select(mount => Text(mount, "name")).Order(), volumes.Order());
        var ports = List(silo, "ports").Select(port => Text(port, "name")).ToHashSet();
        foreach (var probe in new[] { "startupProbe", "readinessProbe", "livenessProbe" })
            Assert.Contains(Text(silo, probe, "httpGet", "port"), ports);
        Assert.Equal(Text(documents[0], "metadata", "name"), Text(List(pod, "volumes")[0], "configMap", "name"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_silo_takes_the_configuration_of_the_manifest()
    {
        var documents = Load("kubernetes", "fusion.yaml");
        var config = _workspace.Write("fusion.json", Text(documents[0], "data", "fusion.json"));
        var start = ProgramRun.StartOf(_workspace, ["silo", "--config", config]);
        var silo = List(documents[1], "spec", "template", "spec", "containers")[0];
        Assert.Equal("silo --config /etc/jtfa/fusion.json", string.Join(' ', List(silo, "args")));
        foreach (var name in List(silo, "env").Select(variable => Text(variable, "name")))
        {
            start.Environment[name] = name switch
            {
                "Jtfa__Cluster__Address" => "192.168.10.14",
                "Jtfa__Cluster__ConnectionString" => "Host=db.local;Database=jtfa;Username=jtfa",
                _ => "a secret of more than 32 characters",
            };
        }

        // What the Secret would bring is all that is missing.
        var end = await ProgramRun.ToEndAsync(start);
        Assert.Equal(2, end.ExitCode);
        Assert.All(end.Errors, line => Assert.Contains("/run/credentials/jtfa/", line));
        Assert.Equal(3, end.Errors.Count(line => line.Contains("Jtfa:Cluster:Tls:", StringComparison.Ordinal)));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_silo_runs_with_the_environment_of_the_compose_file()
    {
        var compose = Assert.Single(Load("container", "compose.yaml"));
        var service = At(compose, "services", "fusion");
        Assert.Equal("../../deploy/container/Dockerfile", Text(service, "build", "dockerfile")); // from artifacts/publish
        var start = ProgramRun.StartOf(
            _workspace, ["silo", "--port", "0", "--http", "0.0.0.0:0", "--set", $"Jtfa:Cluster:SiloPort={FreePorts.Next()}"]);
        foreach (var (name, value) in (YamlMappingNode)At(service, "environment"))
            start.Environment[((YamlScalarNode)name).Value!] = ((YamlScalarNode)value).Value;
        await using var silo = new ProgramRun(start);
        await silo.Errors.MatchAsync(@"http://0\.0\.0\.0:\d+");
        silo.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await silo.ExitAsync());
    }

    private static List<(string Name, string Value)> Instructions()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Folder, "deploy", "container", "Dockerfile"));
        return
        [
            .. Regex.Replace(text, @"\\\n\s*", " ").Split('\n').Where(line => line.Length > 0 && line[0] != '#')
                .Select(line => (line.Split(' ')[0], line[(line.IndexOf(' ') + 1)..])),
        ];
    }

    private static List<YamlNode> Load(params string[] path)
    {
        using var reader = File.OpenText(Path.Combine([Repository.Folder, "deploy", .. path]));
        var stream = new YamlStream();
        stream.Load(reader);
        return [.. stream.Documents.Select(document => document.RootNode)];
    }

    private static YamlNode At(YamlNode node, params string[] path) => path.Aggregate(node, (within, key) => within[key]);

    private static string Text(YamlNode node, params string[] path) => ((YamlScalarNode)At(node, path)).Value!;

    private static List<YamlNode> List(YamlNode node, params string[] path) => [.. ((YamlSequenceNode)At(node, path)).Children];
}
