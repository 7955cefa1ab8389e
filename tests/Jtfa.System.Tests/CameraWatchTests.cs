using System.Runtime.InteropServices;
using System.Text.Json;
using Jtfa.Cli.Watching;
using Jtfa.Interfaces;

namespace Jtfa.System.Tests;

/// <summary><c>jtfa cameras --watch</c>: rate, delay, loss and bandwidth as they are now.</summary>
public sealed class CameraWatchTests
{
    private readonly CameraWatch _watch = new();

    [Fact]
    public void Figures_are_of_the_last_ten_seconds()
    {
        // An hour of 10 Hz without loss; then 20 Hz of which every fourth is lost.
        Look(now: 0, tokens: 36_000, lost: 0);
        WatchedCamera seen = null!;
        for (var second = 1; second <= 15; second++) seen = Look(second, 36_000 + (15 * second), 5 * second);
        Assert.Equal(15, seen.RateHz, 0.01);
        Assert.Equal(0.25, seen.LossRatio!.Value, 0.001);
        Assert.Equal(15 * 100 * 8 / 1000.0, seen.Kbps, 0.01);

        // Ten seconds later nothing of that is left.
        for (var second = 16; second <= 26; second++) seen = Look(second, 36_225 + (10 * (second - 15)), 75);
        Assert.Equal((10, 0.0), (Math.Round(seen.RateHz, 2), seen.LossRatio));
    }

    [Fact]
    public void A_camera_that_stops_comes_down_to_nothing_and_one_whose_silo_starts_anew_does_not_go_below()
    {
        for (var second = 0; second < 20; second++) Look(second, 10 * second, 0);
        var stopped = Look(24, 190, 0, lastTokenAt: 19);
        Assert.InRange(stopped.RateHz, 4, 8);
        for (var second = 25; second < 40; second++) stopped = Look(second, 190, 0, lastTokenAt: 19);
        Assert.Equal((0, null, 0), (stopped.RateHz, stopped.LossRatio, stopped.Kbps));

        var anew = Look(41, 5, 0);
        Assert.Equal(10, anew.RateHz); // what the silo says, until there is more
        Assert.Equal(10, Look(42, 15, 0).RateHz, 0.01);
    }

    [Fact(Timeout = 120_000)]
    public async Task It_goes_on_until_it_is_stopped_or_not_read_and_waits_for_a_silo_that_is_away()
    {
        using var workspace = new Workspace();
        var http = $"127.0.0.1:{FreePorts.Next()}";
        var udp = $"{FreePorts.Next()}";
        await using var silo = await RunningSilo.StartAsync(workspace, ["--http", http, "--port", udp]);
        await using var camera = ProgramRun.Jtfa(
            workspace, "camera", "--source", "random", "--view", "1", "--rate", "20", "--to", $"127.0.0.1:{udp}");
        await silo.Program.Errors.MatchAsync("HTTP on");
        await using var text = ProgramRun.Jtfa(workspace, "cameras", "--watch", "--server", http);
        await using var json = ProgramRun.Jtfa(workspace, "cameras", "--watch", "--json", "--server", http);

        await text.Output.MatchAsync(@"^default +1 +– +on time +(19|20)\.\d Hz +-?[\d.]+ ms +[\d.]+ ms +0\.0 % +\d\d\.\d kbps +–$");
        Assert.Matches(
            "^scene +view +camera +timing +rate +least delay +jitter +loss +bandwidth +fault$",
            text.Output.Lines.First(line => line.StartsWith("scene", StringComparison.Ordinal)));
        var line = (await json.Output.MatchAsync(@"^\[\{.*")).Value;
        var one = JsonSerializer.Deserialize<JsonElement>(line)[0];
        Assert.Equal((1, "default"), (one.GetProperty("health").GetProperty("view").GetInt32(), one.GetProperty("scene").GetString()));

        silo.Program.Kill();
        await text.Errors.MatchAsync($"the connection to http://{http} is lost");
        await using var again = await RunningSilo.StartAsync(workspace, ["--http", http, "--port", udp]);
        await text.Errors.MatchAsync($"http://{http} is back");
        foreach (var watching in new[] { text, json })
        {
            watching.Signal(PosixSignal.SIGINT);
            Assert.Equal(0, await watching.ExitAsync(TimeSpan.FromSeconds(10)));
        }
    }

    private WatchedCamera Look(double now, long tokens, long lost, double? lastTokenAt = null) => Assert.Single(_watch.Take(
        "hall",
        [
            new CameraHealth
            {
                View = 1,
                Tokens = tokens,
                Bytes = 100 * tokens,
                Lost = lost,
                LastTokenAt = lastTokenAt ?? now,
                RateHz = 10,
            },
        ],
        now));
}
