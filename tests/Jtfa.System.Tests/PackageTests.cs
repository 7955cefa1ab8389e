using System.Diagnostics;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Jtfa.System.Tests;

/// <summary><c>./jtfa pack</c>: the SDK as packages, as a stranger's program takes them. It builds, so it runs by itself.</summary>
[Collection(nameof(AloneCollection))]
public sealed partial class PackageTests : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(3);

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 600_000)]
    public async Task The_program_of_the_README_runs_as_printed_beside_the_demo_with_a_package_from_a_folder()
    {
        Assert.SkipUnless(
            File.Exists(Path.Combine(AppContext.BaseDirectory, "models", "backbone.onnx")), "The shipped model is missing.");
        var feed = _workspace["feed"];
        await RunAsync(new ProcessStartInfo("sh", [Path.Combine(Repository.Folder, "jtfa"), "pack", feed]));
        var version = AssertPackages(feed);
        WriteProgram(feed, version);
        await RunAsync(DotNet("build", "app", "-o", "out", "--nologo"));
        AssertTakesOnLittle();

        // Nobody else may have the demo's port.
        await using var demo = ProgramRun.Jtfa(_workspace, "demo", "--seconds", "600");
        var address = (await demo.Output.MatchAsync(@"http://127\.0\.0\.1:\d+")).Value;
        if (address != "http://127.0.0.1:5080") Assert.Skip($"Port 5080 is another program's: the demo's page is at {address}.");
        await demo.Output.MatchAsync("decisions/s");
        await using var program = new ProgramRun(DotNet(_workspace["out/app.dll"]));
        await program.Output.MatchAsync(@"^\d+: [A-Z][\w /-]+ \(\d+\s?%\) by [KT]$");
        program.Kill();
        await program.ExitAsync();
        var policy = await ProgramRun.JtfaToEndAsync(_workspace, "scene", "get", "demo", "--server", address);
        Assert.Matches(@"^demo +2 +4 ", policy.Output[^1]);
        demo.Signal(PosixSignal.SIGINT);
        Assert.Equal(0, await demo.ExitAsync());
    }

    // What the packages have and say of themselves.
    private static string AssertPackages(string feed)
    {
        var packages = Directory.GetFiles(feed, "*.nupkg").ToDictionary(
            file => Regex.Match(Path.GetFileName(file), @"^(.*?)\.\d").Groups[1].Value, file => file);
        Assert.Equal(["Jtfa.Client", "Jtfa.Core", "Jtfa.Interfaces"], packages.Keys.Order());
        foreach (var (name, file) in packages)
        {
            using var package = ZipFile.OpenRead(file);
            var names = package.Entries.Select(entry => entry.FullName).ToHashSet();
            Assert.Superset(new HashSet<string> { "README.md", $"lib/net10.0/{name}.dll", $"lib/net10.0/{name}.xml" }, names);
            Assert.Equal("MIT", Nuspec(package).Descendants().Single(element => element.Name.LocalName == "license").Value);
            using var symbols = ZipFile.OpenRead(Path.ChangeExtension(file, ".snupkg"));
            Assert.Contains(symbols.Entries, entry => entry.FullName == $"lib/net10.0/{name}.pdb");
        }

        using var client = ZipFile.OpenRead(packages["Jtfa.Client"]);
        return Nuspec(client).Descendants().Single(element => element.Name.LocalName == "version").Value;
    }

    // All that a program takes on with the SDK.
    private void AssertTakesOnLittle()
    {
        var assets = JsonNode.Parse(File.ReadAllText(_workspace["app/obj/project.assets.json"]))!;
        Assert.Equal(
            [
                "Jtfa.Client", "Jtfa.Core", "Jtfa.Interfaces", "Microsoft.Extensions.AI.Abstractions",
                "Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Orleans.Serialization.Abstractions",
            ],
            assets["libraries"]!.AsObject().Select(library => library.Key.Split('/')[0]).Order(StringComparer.Ordinal));
    }

    private static XDocument Nuspec(ZipArchive package)
    {
        using var content = package.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(content);
    }

    // The packages of ours go to a cache of their own: the machine's would keep an earlier build of the same version.
    private void WriteProgram(string feed, string version)
    {
        Directory.CreateDirectory(_workspace["app"]);
        var readme = File.ReadAllText(Path.Combine(Repository.Folder, "README.md"));
        _workspace.Write("app/Program.cs", Snippet().Match(readme).Groups["code"].Value);
        _workspace.Write("app/Chat.cs", MethodOf(File.ReadAllText(Path.Combine(Repository.Folder, "Jtfa.Client", "README.md"))));
        _workspace.Write("app/app.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <RestorePackagesPath>{_workspace["cache"]}</RestorePackagesPath>
                <RestoreAdditionalProjectSources>{feed}</RestoreAdditionalProjectSources>
              </PropertyGroup>
              <ItemGroup><PackageReference Include="Jtfa.Client" Version="{version}" /></ItemGroup>
            </Project>
            """);
    }

    // The package's own program of a language model, which is built and not run: as a method, since a program has one beginning.
    private static string MethodOf(string readme)
    {
        var lines = ChatSnippet().Match(readme).Groups["code"].Value.Split('\n');
        var begin = Array.FindIndex(lines, line => line.Length == 0);
        return $$"""
            {{string.Join('\n', lines[..begin])}}
            internal static class Chat
            {
                public static async Task RunAsync()
                {
                    {{string.Join('\n', lines[begin..])}}
                }
            }
            """;
    }

    private ProcessStartInfo DotNet(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = _workspace.Path };
        start.Environment.Remove("RestoreLockedMode"); // the stranger's program has no lock file
        return start;
    }

    private static async Task RunAsync(ProcessStartInfo start)
    {
        await using var run = new ProgramRun(start);
        var exitCode = await run.ExitAsync(s_deadline);
        Assert.True(exitCode == 0, run.Output.Text + run.Errors.Text);
    }

    [GeneratedRegex("## From your own program.*?```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Snippet();

    [GeneratedRegex("## Language models.*?```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex ChatSnippet();
}
