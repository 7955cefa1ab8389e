using System.Globalization;
using System.Text.Json;
using Jtfa.System.Tests.Stage;
using Microsoft.Data.Sqlite;

namespace Jtfa.System.Tests;

/// <summary>A silo with cameras whose wall clock is set while it runs, or drifts.</summary>
[Collection(nameof(AloneCollection))]
public sealed class ClockStepTests : IDisposable
{
    private const int RateHz = 10;

    // T, and the second that a clock may need to settle; and as much again for a machine that other tests keep busy.
    private const double LongestGap = 2 * (0.12 + 1);

    private readonly Workspace _workspace = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _workspace.Dispose();

    [Theory(Timeout = 180_000)]
    [InlineData(-30)]
    [InlineData(30)]
    [InlineData(-3600)]
    [InlineData(3600)]
    public async Task A_step_is_told_once_decisions_go_on_and_the_log_has_all(int seconds)
    {
        if (seconds is 30 or -3600) LongForm.Needed(seconds: 20);
        var clock = new SteppedClock(_workspace, "+0");
        await using var silo = await StartAsync(clock);
        await DecisionRows.ReachAsync(_workspace, 3 * RateHz);

        clock.Set(seconds.ToString("+0;-0", CultureInfo.InvariantCulture));
        var words = $"The wall clock was set {(seconds < 0 ? "back" : "forward")} by {Math.Abs(seconds)}\\.0 s";
        await silo.Program.Errors.MatchAsync(words);
        var before = DecisionRows.Count(_workspace);
        await DecisionRows.ReachAsync(_workspace, before + (5 * RateHz));

        using var http = new HttpClient { BaseAddress = new Uri(await silo.HttpAsync()) };
        var scene = JsonDocument.Parse(await http.GetStringAsync("/v1/scenes/default", Stop)).RootElement;
        var statistics = scene.GetProperty("statistics");
        Assert.Equal(0, statistics.GetProperty("repeated").GetInt64());
        Assert.Equal(seconds, scene.GetProperty("clockStep").GetProperty("by").GetDouble(), 0.1);
        Assert.Equal(seconds < 0 ? 1 : 0, scene.GetProperty("routing").GetProperty("clockEpoch").GetInt32());
        var metrics = await http.GetStringAsync("/metrics", Stop);
        var direction = seconds < 0 ? "back" : "forward";
        Assert.Contains($"jtfa_clock_steps_total{{direction=\"{direction}\"}} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("clock: the wall clock was set", await http.GetStringAsync("/readyz", Stop), StringComparison.Ordinal);

        // All that was published is in the log, each once.
        var published = statistics.GetProperty("decisions").GetInt64();
        await DecisionRows.ReachAsync(_workspace, published);
        await silo.StopAsync();
        var times = TimesAsIfNotSet(seconds);
        var gap = times.Zip(times.Skip(1), (one, next) => next - one).Max();
        TestContext.Current.SendDiagnosticMessage("Set by {0} s: the longest gap is {1:F2} s", seconds, gap);
        Assert.InRange(gap, 0, LongestGap);
        Assert.Single(silo.Program.Errors.Lines, line => line.Contains("wall clock", StringComparison.Ordinal));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_drift_of_500_ppm_is_no_step()
    {
        LongForm.Needed(seconds: 25);
        var clock = new SteppedClock(_workspace, "+0 x1.0005");
        await using var silo = await StartAsync(clock);
        await DecisionRows.ReachAsync(_workspace, 20 * RateHz);
        await silo.StopAsync();

        Assert.DoesNotContain(silo.Program.Errors.Lines, line => line.Contains("wall clock", StringComparison.Ordinal));
        Assert.All(Rows(), row => Assert.Equal(0, row.Epoch));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_silo_that_starts_with_its_clock_set_back_goes_on_in_a_new_epoch()
    {
        var clock = new SteppedClock(_workspace, "+3600");
        await using (var first = await StartAsync(clock))
        {
            await DecisionRows.ReachAsync(_workspace, 3 * RateHz);
            await first.StopAsync();
        }

        var before = DecisionRows.Count(_workspace);
        clock.Set("+0");
        await using var silo = await StartAsync(clock);
        await DecisionRows.ReachAsync(_workspace, before + (3 * RateHz));
        await silo.StopAsync();

        var rows = Rows();
        Assert.All(rows.Take((int)before), row => Assert.Equal(0, row.Epoch));
        Assert.All(rows.Skip((int)before), row => Assert.Equal(1, row.Epoch));
        Assert.Single(silo.Program.Errors.Lines, line => line.Contains("goes on in clock epoch 1", StringComparison.Ordinal));

        // The newest first are those that were decided last, though their time is an hour earlier.
        var newest = await ProgramRun.JtfaToEndAsync(
            _workspace, "decisions", "--log", "--format", "json", "--scene", "default", "--last", "5");
        Assert.Equal([1, 1, 1, 1, 1], newest.Output.Select(line => LoggedDecision.Parse(line).ClockEpoch));
    }

    private async Task<RunningSilo> StartAsync(SteppedClock clock)
    {
        var port = FreePorts.Next();
        var cameras = string.Join(", ", Enumerable.Range(0, 3).Select(view => $$"""
            {
                "Camera": "camera{{view}}", "View": {{view}}, "RateHz": {{RateHz}}, "Destination": "127.0.0.1:{{port}}",
                "Source": { "Kind": "Random" }
            }
            """));
        var configuration = _workspace.Write("cameras.json", $$"""{ "Jtfa": { "Cameras": [ {{cameras}} ] } }""");
        return await RunningSilo.StartAsync(
            _workspace, clock.Environment, ["--k", "3", "--n", "3", "--timeout", "120", "--port", $"{port}", "--config", configuration]);
    }

    // When decisions were made by a clock that was not set: after a step back they are of the next epoch, after one forward far ahead.
    private List<double> TimesAsIfNotSet(double seconds)
    {
        var rows = Rows();
        var middle = rows[0].Time + (seconds / 2);
        return [.. rows.Select(row => row.Time - ((seconds < 0 ? row.Epoch > 0 : row.Time > middle) ? seconds : 0)).Order()];
    }

    // In the order in which they were written.
    private List<(int Epoch, double Time)> Rows()
    {
        using var connection = new SqliteConnection($"Data Source={_workspace.Database};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT clock_epoch, timestamp FROM decisions ORDER BY rowid";
        using var reader = command.ExecuteReader();
        var rows = new List<(int, double)>();
        while (reader.Read()) rows.Add((reader.GetInt32(0), reader.GetDouble(1)));
        return rows;
    }
}
