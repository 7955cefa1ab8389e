using System.Diagnostics;
using System.Globalization;

namespace Jtfa.System.Tests;

/// <summary><c>jtfa experiment</c>: its hosts, its runs and its report, as a user gets them.</summary>
public sealed class ExperimentTests : IDisposable
{
    private const int Usage = 2;
    private const int Fault = 1;
    private const int Nobody = 65534;

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 400_000)]
    public async Task All_experiments_once_on_the_loopback_make_a_report_that_says_what_must_be_so()
    {
        await using var run = ProgramRun.Jtfa(
            _workspace, "experiment", "all", "--quick", "--repeats", "1", "--no-netns", "--out", "small", "--reference", "nowhere");
        Assert.True(await run.ExitAsync(TimeSpan.FromSeconds(350)) == 0, run.Errors.Text);

        Assert.Equal([_workspace["small/report.html"]], run.Output.Lines);
        var report = await File.ReadAllTextAsync(_workspace["small/report.html"], TestContext.Current.CancellationToken);
        const string skipped = "nowhere: no such folder; fetch github.com/inseomg/open_temp";
        Assert.Contains(skipped, report, StringComparison.Ordinal);
        Assert.Contains(run.Errors.Lines, line => line.StartsWith($"jtfa: reference is skipped: {skipped}", StringComparison.Ordinal));
        Assert.False(Directory.Exists(_workspace["small/work"]));
        Assert.Empty(ProcessesHere());

        // Three of four views at most come with one dead: waiting for four is waiting for T, always; three are enough at once.
        var dead = Rows("a2").Concat(Rows("a3")).Where(row => row["profile"] == "one-dead" && row["W"] == "50").ToList();
        Assert.All(
            dead.Where(row => row["K"] == "4"), row =>
                Assert.True(Number(row, "k_share") == 0 && Number(row, "fill_ratio") <= 0.75, string.Join(' ', row)));
        Assert.All(
            dead.Where(row => row["K"] == "4" && row["T"] == "250"), row =>
                Assert.True(Number(row, "latency_p50") >= 245, string.Join(' ', row)));
        Assert.All(
            dead.Where(row => row["K"] == "2" && row["T"] == "250"), row =>
                Assert.True(Number(row, "latency_p50") < 100, string.Join(' ', row)));

        // Tokens cost less than feature maps, by more than headers could explain.
        var a4 = Rows("a4").Where(row => row["rate"] == "20").ToList();
        var token = Number(a4.Single(row => row["what"] == "token" && row["d"] == "16" && row["encoding"] == "hmix"), "payload_kbps");
        Assert.InRange(Number(a4.Single(row => row["what"] == "feature-map" && row["encoding"] == "fp32"), "payload_kbps") / token, 10, 30);
        Assert.Equal(3, Rows("a1").Count());
        Assert.Equal(7, Rows("tail").Count());
        Assert.Equal(35, Rows("strategies").Count());
    }

    [Fact(Timeout = 400_000)]
    public async Task An_experiment_that_was_killed_goes_on_and_leaves_no_host_behind()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Hosts of their own take Linux and root.");
        Assert.SkipUnless(File.Exists("/usr/sbin/ip") || File.Exists("/sbin/ip"), "ip (iproute2) is missing.");
        string[] command = ["experiment", "strategies", "--quick", "--repeats", "1", "--out", "killed"];
        var strange = $"jtfa-{Environment.ProcessId}-mine"; // nearly a name of ours
        var added = await IpAsync("netns", "add", strange);
        Assert.SkipUnless(added.ExitCode == 0, $"Namespaces are not allowed here, as in many containers: {added}");
        try
        {
            int killed;
            await using (var first = ProgramRun.Jtfa(_workspace, command))
            {
                await first.Errors.MatchAsync("1 of 7 runs");
                killed = first.Id;
                first.Kill();
                await first.ExitAsync();
            }

            Assert.Contains(await NamespacesAsync(), name => name == $"jtfa-{killed}-fusion");
            await Condition.HoldsAsync(() => ProcessesHere().Count, count => count == 0, "its cameras and its silo end with it");
            await using var second = ProgramRun.Jtfa(_workspace, command);
            await second.Errors.MatchAsync("7 of 7 runs");
            Assert.Equal(0, await second.ExitAsync());
            Assert.DoesNotContain(second.Errors.Lines, line => line.StartsWith("0 of 7 runs, about 0", StringComparison.Ordinal));

            var left = await NamespacesAsync();
            Assert.DoesNotContain(
                left, name => name.StartsWith($"jtfa-{killed}-", StringComparison.Ordinal)
                    || name.StartsWith($"jtfa-{second.Id}-", StringComparison.Ordinal));
            Assert.Contains(strange, left);
            Assert.Equal(7, Directory.EnumerateFiles(_workspace["killed/runs"], "*.json").Count());
        }
        finally
        {
            await IpAsync("netns", "del", strange);
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData("experiment b7: allowed is all, relay, a1", "b7")]
    [InlineData("--repeats 0: allowed is 1 … 100", "a1", "--repeats", "0")]
    [InlineData("--images and --labels: allowed is both or none", "a1", "--images", "x")]
    [InlineData("no such file; name an IDX file", "a1", "--images", "x", "--labels", "y")]
    [InlineData("profiles.json", "a1", "--profiles", "no-profiles.json")]
    public async Task What_cannot_be_run_is_told_at_once(string told, params string[] arguments)
    {
        var run = await ProgramRun.JtfaToEndAsync(_workspace, ["experiment", .. arguments]);

        Assert.Equal(Usage, run.ExitCode);
        Assert.Contains(told, Assert.Single(run.Errors), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_workspace.Path));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_folder_of_other_settings_is_left_alone()
    {
        Directory.CreateDirectory(_workspace["there"]);
        _workspace.Write("there/settings.txt", "scale full; repeats 7");
        var run = await ProgramRun.JtfaToEndAsync(_workspace, "experiment", "relay", "--quick", "--no-netns", "--out", "there");

        Assert.Equal(Fault, run.ExitCode);
        Assert.Matches("there holds runs of other settings .*repeats 7.*name another folder with --out", Assert.Single(run.Errors));
        Assert.Equal(
            "scale full; repeats 7", await File.ReadAllTextAsync(_workspace["there/settings.txt"], TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_is_not_root_is_told_of_the_loopback()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Network namespaces are Linux's.");
        var start = ProgramRun.StartOf(_workspace, ["experiment", "relay", "--quick", "--out", _workspace["out"]]);
        if (Environment.IsPrivilegedProcess)
        {
            Assert.SkipUnless(File.Exists("/usr/bin/setpriv"), "setpriv (util-linux) is missing.");
            Assert.SkipUnless(OthersMayRead(AppContext.BaseDirectory), "Other users cannot read this build.");
            if (OperatingSystem.IsLinux()) File.SetUnixFileMode(_workspace.Path, (UnixFileMode)511); // all may write
            start = new ProcessStartInfo(
                "/usr/bin/setpriv",
                [$"--reuid={Nobody}", "--clear-groups", "--", start.FileName, .. start.ArgumentList])
            {
                WorkingDirectory =
                    _workspace.Path
            };
        }

        var run = await ProgramRun.ToEndAsync(start);
        Assert.Equal(Fault, run.ExitCode);
        Assert.Contains("takes root: run it as root, or use --no-netns", Assert.Single(run.Errors), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_workspace["out"]));
    }

    private static bool OthersMayRead(string folder)
    {
        for (var each = new DirectoryInfo(folder); each is not null; each = each.Parent)
        {
            if ((each.UnixFileMode & UnixFileMode.OtherExecute) == 0) return false;
        }

        return true;
    }

    private static async Task<ProgramEnd> IpAsync(params string[] arguments) =>
        await ProgramRun.ToEndAsync(new ProcessStartInfo("ip", arguments));

    private static async Task<List<string>> NamespacesAsync() =>
        [.. (await IpAsync("netns", "list")).Output.Select(line => line.Split(' ')[0])];

    // Of the experiment's own programs; their working folder is in ours.
    private List<int> ProcessesHere()
    {
        var here = new List<int>();
        foreach (
            var folder in Directory.EnumerateDirectories("/proc")
                .Where(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out _)))
        {
            try
            {
                if (new DirectoryInfo(Path.Combine(folder, "cwd")).LinkTarget is { } target
                    && target.StartsWith(_workspace.Path + "/", StringComparison.Ordinal))
                    here.Add(int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It ended meanwhile, or is another user's.
            }
        }

        return here;
    }

    private IEnumerable<Dictionary<string, string>> Rows(string experiment)
    {
        var lines = File.ReadAllLines(_workspace[$"small/{experiment}.csv"]);
        var names = lines[0].Split(',');
        return lines.Skip(1).Select(line => names.Zip(line.Split(',')).ToDictionary(pair => pair.First, pair => pair.Second));
    }

    private static double Number(Dictionary<string, string> row, string name) => double.Parse(row[name], CultureInfo.InvariantCulture);
}
