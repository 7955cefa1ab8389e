using Jtfa.Interfaces;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>Scenes' minutes: written, read back, kept as long as is asked for, and what comes of them while the database is away.</summary>
public abstract class MinuteTests(Database database)
{
    private const double Start = 1_780_000_020; // a full minute

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_minute_is_read_as_it_was_written()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var log = await folder.StartAsync(new ManualClock());
        SceneMinute[] minutes =
        [
            Minute(0),
            Minute(1) with { Decisions = 0, ByK = 0, FillRatio = double.NaN, P50 = double.NaN, P90 = double.NaN, P99 = double.NaN },
            Minute(2) with { From = Start + 133.125, To = Start + 171.5, Bytes = 5_000_000_000, T = TimeSpan.FromMilliseconds(77.5) },
        ];
        foreach (var minute in minutes) log.Append(minute);
        await log.FlushAsync(Cancel);

        Assert.Equal(minutes, await ReadAsync(folder));
        Assert.Equal(1.5, folder.Execute("SELECT tail_factor FROM scene_minutes WHERE decisions > 0 ORDER BY from_time LIMIT 1"));
    }

    [Fact]
    public async Task A_minute_is_written_within_a_group_commit_without_any_decision()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var clock = new ManualClock();
        var log = await folder.StartAsync(clock);
        log.Append(Minute(0));
        clock.Advance(TimeSpan.FromMilliseconds(folder.Options.GroupCommitMs));

        await Eventually.TrueAsync(() => folder.Count("scene_minutes") == 1);
        Assert.Equal(0, log.Written);
    }

    [Fact]
    public async Task Writing_one_twice_changes_nothing()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var log = await folder.StartAsync(new ManualClock());
        log.Append(Minute(0));
        log.Append(Minute(0) with { Decisions = 7 });
        await log.FlushAsync(Cancel);
        log.Append(Minute(0) with { Decisions = 8 });
        log.Append(Minute(0, "door"));
        await log.FlushAsync(Cancel);

        Assert.Equal([Minute(0)], await ReadAsync(folder));
        Assert.Equal((2, 0), (folder.Count("scene_minutes"), log.MinutesLost));
    }

    [Fact]
    public async Task A_query_gives_the_newest_of_its_scene_and_span_oldest_first()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var log = await folder.StartAsync(new ManualClock());
        for (var at = 0; at < 350; at++)
        {
            log.Append(Minute(at));
            log.Append(Minute(at, "door"));
        }

        await log.FlushAsync(Cancel);

        Assert.Equal(Range(290, 350), await AskAsync(new MinuteQuery { Scene = "shelf" }));
        Assert.Equal(Range(347, 350), await AskAsync(new MinuteQuery { Scene = "shelf", Limit = 3 }));
        Assert.Equal(Range(100, 350), await AskAsync(new MinuteQuery { Scene = "shelf", From = Time(100), Limit = 1000 }));
        Assert.Equal(Range(0, 20), await AskAsync(new MinuteQuery { Scene = "shelf", To = Time(20), Limit = 1000 }));
        Assert.Equal(Range(15, 20), await AskAsync(new MinuteQuery { Scene = "door", From = Time(10), To = Time(20), Limit = 5 }));
        Assert.Empty(await AskAsync(new MinuteQuery { Scene = "nowhere" }));
        Assert.Empty(await AskAsync(new MinuteQuery { Scene = "shelf", From = Time(20), To = Time(20) }));
        var fault = await Assert.ThrowsAsync<ArgumentException>(() => AskAsync(new MinuteQuery { Scene = "shelf", Limit = 0 }));
        Assert.Contains($"limit=0: allowed is 1 … {MinuteQuery.MaxLimit}", fault.Message, StringComparison.Ordinal);

        async Task<int[]> AskAsync(MinuteQuery query) =>
            [.. (await folder.Reader().GetMinutesAsync(query, Cancel)).Select(minute => (int)((minute.From - Start) / 60))];
    }

    [Fact]
    public async Task Minutes_beyond_their_age_go_and_decisions_stay()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        folder.Options.MinuteRetention = TimeSpan.FromHours(1);
        var clock = new ManualClock();
        var log = await folder.StartAsync(clock);
        clock.Advance(TimeSpan.Zero); // the first run, over an empty log
        await log.FlushAsync(Cancel);
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        // More than a batch of what is too old, and of a scene that has nothing else.
        for (var at = 1; at <= 700; at++) log.Append(Minute(0, at % 2 == 0 ? "shelf" : "gone") with { From = now - 3600 - (60 * at) });
        for (var at = 0; at < 10; at++) log.Append(Minute(0) with { From = now - 3500 + (60 * at) });
        await log.AppendAsync(LogFolder.Decision(1, timestamp: 0));
        await log.FlushAsync(Cancel);
        Assert.Equal(710, folder.Count("scene_minutes"));

        clock.Advance(TimeSpan.FromMinutes(1));

        await Eventually.TrueAsync(() => folder.Count("scene_minutes") == 10);
        Assert.Equal(10, (await ReadAsync(folder)).Length);
        Assert.Single(await folder.ReadAllAsync());
    }

    [Fact]
    public async Task Without_an_age_none_goes()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        folder.Options.MinuteRetention = null;
        var clock = new ManualClock();
        var log = await folder.StartAsync(clock);
        log.Append(Minute(0) with { From = 0 });
        clock.Advance(TimeSpan.FromDays(365));
        await log.FlushAsync(Cancel);

        Assert.Equal(1, folder.Count("scene_minutes"));
    }

    [Fact]
    public async Task While_the_database_is_away_minutes_wait_and_then_are_written()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var clock = new ManualClock();
        var log = await folder.StartAsync(clock);
        using (folder.Lock())
        {
            log.Append(Minute(0));
            log.Append(Minute(1));
            await LogFolder.AppendAsync(log, 0, 5);
            await log.FlushAsync(Cancel);
            Assert.Single(folder.Lines.Of("Away"));
        }

        clock.Advance(TimeSpan.FromMilliseconds(250)); // the first retry

        await Eventually.TrueAsync(() => folder.Count("scene_minutes") == 2);
        Assert.Equal([Minute(0), Minute(1)], await ReadAsync(folder));
        await Eventually.TrueAsync(() => log.Pending == 0);
        await folder.HoldsAllAsync(log, 5);
        Assert.Equal(0, log.MinutesLost);
    }

    [Fact]
    public async Task A_stop_writes_what_waits()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var log = await folder.StartAsync(new ManualClock());
        for (var at = 0; at < 250; at++) log.Append(Minute(at));
        await log.StopAsync(Cancel);
        Assert.Equal((250, 0), (folder.Count("scene_minutes"), log.MinutesLost));

        log.Append(Minute(250)); // nobody writes it any more
        Assert.Equal(1, log.MinutesLost);
    }

    [Fact]
    public async Task What_does_not_fit_into_memory_is_counted_and_said()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var log = await folder.StartAsync(new ManualClock());
        using (folder.Lock())
        {
            await LogFolder.AppendAsync(log, 0, 1);
            await log.FlushAsync(Cancel);
            for (var at = 0; at < 10_003; at++) log.Append(Minute(at));
            Assert.Equal(3, log.MinutesLost);
            await log.FlushAsync(Cancel);
            Assert.Contains("3 minutes of scenes lost", Assert.Single(folder.Lines.Of("MinutesLost")), StringComparison.Ordinal);
        }

        await log.FlushAsync(Cancel);
        Assert.Equal((10_000, 3), (folder.Count("scene_minutes"), log.MinutesLost));
    }

    private static int[] Range(int from, int to) => [.. Enumerable.Range(from, to - from)];

    private static DateTimeOffset Time(int at) => DateTimeOffset.FromUnixTimeSeconds((long)Start + (60 * at));

    private static Task<SceneMinute[]> ReadAsync(LogFolder folder) =>
        folder.Reader().GetMinutesAsync(new MinuteQuery { Scene = "shelf", Limit = MinuteQuery.MaxLimit }, Cancel);

    private static SceneMinute Minute(int at, string scene = "shelf") => new()
    {
        Scene = scene,
        From = Start + (60 * at),
        To = Start + (60 * (at + 1)),
        Decisions = 600,
        ByK = 580,
        Tokens = 1790,
        FillRatio = 0.75,
        P50 = 0.02,
        P90 = 0.025,
        P99 = 0.03,
        Bytes = 200_000,
        Late = 12,
        Lost = 3,
        Labelled = 590,
        Correct = 540,
        K = 3,
        T = TimeSpan.FromMilliseconds(120),
    };
}

/// <inheritdoc />
public sealed class SqliteMinuteTests() : MinuteTests(Database.Sqlite);

/// <inheritdoc />
public sealed class PostgresMinuteTests() : MinuteTests(Database.Postgres);
