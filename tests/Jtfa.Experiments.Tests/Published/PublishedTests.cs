using Jtfa.Experiments.Nodes;
using Jtfa.Experiments.Published;
using Jtfa.Testbed;

namespace Jtfa.Experiments.Tests.Published;

public sealed class PublishedTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("jtfa-published-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("producer.py")]
    [InlineData("fusion.py", "producer.py")]
    public void A_missing_script_is_named_with_what_to_fetch(string missing, params string[] there)
    {
        var scripts = _folder.CreateSubdirectory(Path.Combine("src", "jtfa"));
        foreach (var script in there) File.WriteAllText(Path.Combine(scripts.FullName, script), "");
        var settings = new PublishedSettings(
            _folder.FullName, new JtfaProgram(["jtfa"], "models"), Path.Combine(_folder.FullName, "scratch"));

        var fault = Assert.Throws<TestbedException>(() => new PublishedComparison(settings)).Message;

        Assert.All([Path.Combine(scripts.FullName, missing), "inseomg/open_temp", "--reference"], word => Assert.Contains(word, fault));
        Assert.DoesNotContain('\n', fault);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_Python_without_numpy_and_msgpack_is_passed_over()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The programs are shell scripts.");
        var (without, with) = (Script("without", 1), Script("with", 0));
        var none = Path.Combine(_folder.FullName, "none");

        Assert.Equal(with, await PythonProgram.FindAsync([none, without, with], TestContext.Current.CancellationToken));
        var fault = await Assert.ThrowsAsync<TestbedException>(
            () => PythonProgram.FindAsync([none, without], TestContext.Current.CancellationToken));
        Assert.All([none, without, "python3-numpy python3-msgpack"], word => Assert.Contains(word, fault.Message));
    }

    // Takes the place of a Python: fails, or not, whatever it is asked to import.
    private string Script(string name, int exitCode)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, $"#!/bin/sh\nexit {exitCode}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }
}
