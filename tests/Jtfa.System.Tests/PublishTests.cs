using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Jtfa.System.Tests;

/// <summary>
/// <c>./jtfa publish</c>: folders that a machine runs with the .NET runtime alone. It builds, so it runs when the others are through.
/// </summary>
[Collection(nameof(AloneCollection))]
public sealed class PublishTests : IDisposable
{
    private const ushort X64 = 62;
    private const ushort Arm64 = 183;

    // A first publish builds everything and may fetch a library.
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(5);

    // Parts of the names of files that no Pi needs.
    private static readonly string[] s_laboratory = ["lab", "Testbed", "Experiments", "ScottPlot", "LLama"];

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Theory(Timeout = 60_000)]
    [InlineData("publish", "publish ''|linux-arm64, linux-x64")]
    [InlineData("publish win-x64", "publish 'win-x64'|linux-arm64, linux-x64")]
    [InlineData("publish linux-x64 a b", "a runtime and a folder|'b'")]
    public async Task Wrong_arguments_are_told_in_one_line(string command, string words)
    {
        var end = await ProgramRun.ToEndAsync(Launcher(command.Split(' ')));
        AssertSays(end, exitCode: 2, words);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_folder_of_somebody_elses_is_left_alone()
    {
        _workspace.Write("letter", "Dear");
        var end = await ProgramRun.ToEndAsync(Launcher("publish", "linux-x64", _workspace.Path));
        AssertSays(end, exitCode: 1, $"{_workspace.Path}|another folder");
        Assert.True(File.Exists(_workspace["letter"]));
    }

    [Fact(Timeout = 60_000)]
    public async Task Without_the_sdk_it_says_so()
    {
        // A machine that has the runtime only.
        var runtime = _workspace.Write("dotnet", "#!/bin/sh\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(runtime, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var start = Launcher("publish", "linux-x64", _workspace["out"]);
        start.Environment["PATH"] = $"{_workspace.Path}:{start.Environment["PATH"]}";
        AssertSays(await ProgramRun.ToEndAsync(start), exitCode: 1, ".NET 10 SDK is missing");
    }

    [Fact(Timeout = 600_000)]
    public async Task A_folder_for_this_machine_runs_without_the_sdk()
    {
        Assert.SkipUnless(RuntimeInformation.RuntimeIdentifier == "linux-x64", "This machine is not linux-x64.");
        var folder = await PublishAsync("linux-x64");

        var program = await UnpackAsync("linux-x64");
        var version = await ProgramRun.ToEndAsync(AsNobody(program, "--version"));
        Assert.StartsWith(Path.GetFileName(Path.GetDirectoryName(program)!).Split('-')[1], Assert.Single(version.Output));
        var end = await ProgramRun.ToEndAsync(AsNobody(program, "doctor"));

        Assert.True(end is { ExitCode: 0, Errors: [] }, end.ToString());
        Assert.All(end.Output, line => Assert.StartsWith("ok  ", line));
        Assert.DoesNotContain(Directory.GetFiles(folder).Select(file => Path.GetFileName(file)), file => s_laboratory.Any(file.Contains));
        AssertLibraries(folder, X64);
        AssertNotices(folder);
        Assert.True(File.Exists(Path.Combine(folder, "Jtfa.Silo.runtimeconfig.json"))); // of the process that tries models
        Assert.True(File.Exists(Path.Combine(folder, "models", "architectures", "llama.json"))); // of language models
    }

    [Fact(Timeout = 600_000)]
    public async Task A_folder_for_a_Pi_has_a_Pis_libraries()
    {
        LongForm.Needed(seconds: 45);
        var folder = await PublishAsync("linux-arm64");
        AssertLibraries(folder, Arm64);
        AssertNotices(folder);
        Assert.All(
            [
                "jtfa.dll", "models/backbone.onnx", "deploy/jtfa-camera.service", "deploy/jtfa-language.service",
                "Jtfa.Silo.runtimeconfig.json", // tries models
            ],
            file => Assert.True(File.Exists(Path.Combine(folder, file)), file));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("fusion.json")]
    [InlineData("camera.json")]
    [InlineData("language.json")]
    public async Task Example_configurations_lack_the_connection_string_and_the_certificates_alone(string file)
    {
        var config = Path.Combine(Repository.Folder, "deploy", file);
        var end = await ProgramRun.JtfaToEndAsync(_workspace, "silo", "--config", config);
        Assert.True(end.ExitCode == 2, end.ToString());
        Assert.Single(end.Errors, line => line.Contains("Jtfa:Cluster:ConnectionString is missing"));
        Assert.Equal(3, end.Errors.Count(line => line.Contains("Jtfa:Cluster:Tls:") && line.Contains("there is no such file")));
        Assert.Equal(4, end.Errors.Length);
    }

    private async Task<string> PublishAsync(string runtime)
    {
        var folder = _workspace[runtime];
        await using var publish = new ProgramRun(
            new ProcessStartInfo("sh", [Path.Combine(Repository.Folder, "jtfa"), "publish", runtime, folder]));
        var exitCode = await publish.ExitAsync(s_deadline);
        Assert.True(exitCode == 0, publish.Output.Text + publish.Errors.Text);
        return folder;
    }

    // What was published is an archive, too, whose checksum holds: unpacked elsewhere, where all may read it.
    private async Task<string> UnpackAsync(string runtime)
    {
        var archive = Assert.Single(Directory.GetFiles(_workspace.Path, $"jtfa-*-{runtime}.tar.gz"));
        var check = new ProcessStartInfo("sha256sum", ["--check", "--strict", $"{archive}.sha256"]) { WorkingDirectory = _workspace.Path };
        var checkedEnd = await ProgramRun.ToEndAsync(check);
        Assert.True(checkedEnd is { ExitCode: 0, Errors: [] }, checkedEnd.ToString());
        Directory.CreateDirectory(_workspace["elsewhere"]);
        var unpacked = await ProgramRun.ToEndAsync(
            new ProcessStartInfo("tar", ["--extract", "--file", archive, "--directory", _workspace["elsewhere"]]));
        Assert.True(unpacked is { ExitCode: 0, Errors: [] }, unpacked.ToString());
        return Path.Combine(Assert.Single(Directory.GetDirectories(_workspace["elsewhere"])), "jtfa");
    }

    // As the user of the image, in a folder that it may not write to, where this test may become another.
    private ProcessStartInfo AsNobody(string program, string command)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_workspace.Path, (UnixFileMode)Convert.ToInt32("755", 8));
        var start = Environment.IsPrivilegedProcess
            ? new ProcessStartInfo("setpriv", ["--reuid", "1654", "--regid", "1654", "--clear-groups", program, command])
            : new ProcessStartInfo(program, [command]);
        start.WorkingDirectory = _workspace.Path;
        // ONNX Runtime warns where it can write nothing there.
        start.Environment["HOME"] = Directory.CreateDirectory(_workspace["home"]).FullName;
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_workspace["home"], (UnixFileMode)Convert.ToInt32("777", 8));
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        return start;
    }

    // The script by itself, in a folder without sources.
    private static ProcessStartInfo Launcher(params string[] arguments) =>
        new("sh", [Path.Combine(AppContext.BaseDirectory, "scripts", "jtfa"), .. arguments]);

    private static void AssertSays(ProgramEnd end, int exitCode, string words)
    {
        Assert.True(end.ExitCode == exitCode && end.Errors.Length == 1, end.ToString());
        Assert.All(words.Split('|'), word => Assert.Contains(word, end.Errors[0]));
    }

    private static void AssertLibraries(string folder, ushort machine)
    {
        var libraries = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => (Name: Path.GetFileName(file), Machine: ElfMachine(file))).Where(file => file.Machine is not null).ToList();
        Assert.Superset(new HashSet<string> { "libe_sqlite3.so", "libonnxruntime.so" }, libraries.Select(file => file.Name).ToHashSet());
        Assert.All(libraries, file => Assert.True(file.Machine == machine, $"{file.Name} is for e_machine {file.Machine}"));
    }

    // Every library of others is in the list of parts and in the notices, with the version that is shipped.
    private static void AssertNotices(string folder)
    {
        var notices = File.ReadAllText(Path.Combine(folder, "THIRD-PARTY-NOTICES.txt"));
        var bom = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "sbom.cdx.json")))!;
        Assert.Equal("CycloneDX", (string?)bom["bomFormat"]);
        var parts = bom["components"]!.AsArray().Select(part => $"{part!["name"]}/{part["version"]}").ToHashSet();
        var dependencies = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "jtfa.deps.json")))!;
        var packages = dependencies["targets"]![(string)dependencies["runtimeTarget"]!["name"]!]!.AsObject()
            .Where(package => (string?)dependencies["libraries"]![package.Key]!["type"] == "package").ToList();
        Assert.All(packages, package => Assert.Contains(package.Key, parts));
        Assert.All(packages, package => Assert.Contains($"\n{package.Key.Replace('/', ' ')}\n", notices, StringComparison.Ordinal));

        // By file: nothing is shipped that no package accounts for.
        var accounted = packages.SelectMany(package => new[] { "runtime", "native" }.SelectMany(
            kind => package.Value![kind]?.AsObject().Select(file => Path.GetFileName(file.Key)) ?? [])).ToHashSet();
        var shipped = Directory.GetFiles(folder).Select(file => Path.GetFileName(file)).Where(
            name => (name.EndsWith(".dll", StringComparison.Ordinal) || name.EndsWith(".so", StringComparison.Ordinal))
                && !name.StartsWith("Jtfa.", StringComparison.Ordinal) && name != "jtfa.dll").ToList();
        Assert.NotEmpty(shipped);
        Assert.Empty(shipped.Except(accounted));
        var orleans = FileVersionInfo.GetVersionInfo(Path.Combine(folder, "Orleans.Runtime.dll")).ProductVersion!;
        var version = Regex.Match(orleans, @"^\d+\.\d+\.\d+").Value; // a commit's hash follows
        Assert.Contains($"Microsoft.Orleans.Runtime/{version}", parts);

        if (File.Exists(Path.Combine(folder, "wwwroot", "index.html")))
        {
            Assert.Contains(parts, part => part.StartsWith("uplot/", StringComparison.Ordinal));
            Assert.Contains("Leon Sorokin", notices, StringComparison.Ordinal); // its author, from its licence
        }

        Assert.Contains("Zalando SE", notices, StringComparison.Ordinal);
        Assert.Contains("\nThe licence Apache-2.0\n", notices, StringComparison.Ordinal);
    }

    // ELF header: magic number, and the machine in bytes 18 and 19.
    private static ushort? ElfMachine(string file)
    {
        Span<byte> header = stackalloc byte[20];
        using var stream = File.OpenRead(file);
        return stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) == header.Length
            && header[..4].SequenceEqual("\u007fELF"u8)
            ? BitConverter.ToUInt16(header[18..])
            : null;
    }
}
