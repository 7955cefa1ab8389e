using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Jtfa.Core;
using Jtfa.System.Tests.Stage;

namespace Jtfa.System.Tests;

/// <summary><c>jtfa key</c>, and the silo and camera that use what it makes.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class KeyCommandTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task Keys_are_printed_one_a_view_and_never_twice_the_same()
    {
        var end = await RunAsync("key", "new", "lobby/0", "küche am hof/12", "lobby/0");
        Assert.True(end is { ExitCode: 0, Errors: [], Output.Length: 3 }, end.ToString());
        foreach (var (view, line) in new[] { "lobby/0", "küche am hof/12", "lobby/0" }.Zip(end.Output))
        {
            Assert.StartsWith($"{view} ", line, StringComparison.Ordinal);
            Assert.Equal(TokenKey.Size, Base64Url.DecodeFromChars(line.AsSpan(view.Length + 1)).Length);
        }

        Assert.Equal(3, end.Output.Distinct().Count());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_file_of_keys_is_its_owners_and_is_added_to()
    {
        var first = await RunAsync("key", "new", "lobby/0", "lobby/1", "--file", "keys");
        Assert.True(first is { ExitCode: 0, Errors: [], Output.Length: 1 }, first.ToString());
        Assert.Contains("2 keys added, of lobby/0, lobby/1", first.Output[0], StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_workspace["keys"]));
        var before = File.ReadAllLines(_workspace["keys"]);

        Assert.Equal(0, (await RunAsync("key", "new", "lobby/0", "--file", "keys")).ExitCode);
        var after = File.ReadAllLines(_workspace["keys"]);
        Assert.Equal(before, after[..2]);
        Assert.StartsWith("lobby/0 ", Assert.Single(after[2..]), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_workspace["keys"]));

        // A silo would refuse a file with a third key of a view: it stays as it was.
        var third = await RunAsync("key", "new", "lobby/0", "--file", "keys");
        Assert.NotEqual(0, third.ExitCode);
        Assert.Contains("lobby/0 has 2 keys already", Assert.Single(third.Errors), StringComparison.Ordinal);
        Assert.Equal(after, File.ReadAllLines(_workspace["keys"]));

        // What others may read is no secret; and no message shows a key.
        File.SetUnixFileMode(_workspace["keys"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        var refused = await RunAsync("key", "new", "lobby/2", "--file", "keys");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("may be read by others", Assert.Single(refused.Errors), StringComparison.Ordinal);
        Assert.Equal(after, File.ReadAllLines(_workspace["keys"]));
        foreach (var line in after) Assert.DoesNotContain(line.Split(' ')[^1], first.ToString() + refused, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_credential_of_systemd_is_a_secret_though_its_group_seems_to_read_it()
    {
        Assert.Equal(0, (await RunAsync("key", "new", "default/0", "--file", "keys")).ExitCode);
        File.SetUnixFileMode(_workspace["keys"], UnixFileMode.UserRead | UnixFileMode.GroupRead);
        string[] camera = ["camera", "--source", "random", "--scene", "default", "--keys", "keys", "--seconds", "0.1"];
        foreach (var (folder, isTaken) in new[] { (_workspace.Path, true), (_workspace["elsewhere"], false) })
        {
            var start = ProgramRun.StartOf(_workspace, camera);
            start.Environment["CREDENTIALS_DIRECTORY"] = folder;
            var end = await ProgramRun.ToEndAsync(start);
            Assert.True((end.ExitCode == 0) == isTaken, end.ToString());
        }
    }

    [Theory(Timeout = 120_000)]
    [InlineData("lobby")]
    [InlineData("lobby/")]
    [InlineData("/0")]
    [InlineData("lobby/door")]
    [InlineData("lobby/-1")]
    [InlineData("lobby/0/1")]
    public async Task A_name_that_is_no_view_is_refused_and_no_file_is_made(string name)
    {
        var end = await RunAsync("key", "new", "lobby/0", name, "--file", "keys");
        Assert.NotEqual(0, end.ExitCode);
        Assert.Empty(end.Output);
        Assert.Contains($"'{name}': allowed is a scene and a view number", Assert.Single(end.Errors), StringComparison.Ordinal);
        Assert.False(File.Exists(_workspace["keys"]));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_silo_that_requires_tags_decides_on_the_camera_with_a_key_alone()
    {
        Assert.Equal(0, (await RunAsync("key", "new", "default/0", "default/1", "--file", "keys")).ExitCode);
        await using var silo = await RunningSilo.StartAsync(
            _workspace,
            ["--keys", "keys", "--authentication", "Require", "--k", "1", "--n", "2", "--timeout", "3000", "--keying", "Sequence"]);
        await using var signed = StartCamera(silo.Port, view: 0, "--keys", "keys", "--epochs", ".");
        await using var unsigned = StartCamera(silo.Port, view: 1);

        await DecisionRows.ReachAsync(_workspace, 20);
        await silo.Program.Errors.MatchAsync("Untagged");
        var sent = await EndAsync(signed);
        await EndAsync(unsigned);
        await silo.StopAsync();

        var decisions = await LoggedDecision.AllAsync(_workspace);
        Assert.Equal(sent, decisions.Length);
        Assert.All(decisions, decision => Assert.Equal([0], decision.Views));
        var rejected = await silo.Program.Errors.MatchAsync(
            @"Ingress stopped: (\d+) datagrams received, (\d+) rejected \(Untagged (\d+)\)");
        var counts = rejected.Groups.Values.Skip(1).Select(group => long.Parse(group.Value, CultureInfo.InvariantCulture)).ToArray();
        Assert.True(counts[2] > 0 && counts[0] == sent + counts[2] && counts[1] == counts[2], rejected.Value);

        // Its epoch outlives it: a copy of its tokens is older than what it sends next.
        Assert.True(uint.Parse(File.ReadAllText(_workspace["jtfa-default-0.epoch"]), CultureInfo.InvariantCulture) > 0);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_camera_without_a_key_in_its_file_does_not_start()
    {
        Assert.Equal(0, (await RunAsync("key", "new", "default/0", "--file", "keys")).ExitCode);
        var end = await RunAsync("camera", "--source", "random", "--scene", "default", "--view", "3", "--keys", "keys", "--seconds", "1");
        Assert.NotEqual(0, end.ExitCode);
        Assert.Contains("there is no key of default/3", Assert.Single(end.Errors), StringComparison.Ordinal);
    }

    private static async Task<long> EndAsync(ProgramRun camera)
    {
        camera.Signal(PosixSignal.SIGINT);
        Assert.Equal(0, await camera.ExitAsync());
        return long.Parse(Assert.Single(camera.Output.Lines).Split(' ')[1], CultureInfo.InvariantCulture);
    }

    private Task<ProgramEnd> RunAsync(params string[] arguments) => ProgramRun.JtfaToEndAsync(_workspace, arguments);

    private ProgramRun StartCamera(int port, int view, params string[] more) => ProgramRun.Jtfa(
        _workspace,
        ["camera", "--source", "random", "--scene", "default", "--rate", "20", "--view", $"{view}", "--to", $"127.0.0.1:{port}", .. more]);
}
