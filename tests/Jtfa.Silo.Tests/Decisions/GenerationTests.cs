using Jtfa.Interfaces;
using Jtfa.Silo.Decisions;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>
/// Rows of language models' texts, and models' minutes: written in groups, also after an outage, and deleted with the minutes of their age.
/// </summary>
public abstract class GenerationTests(Database database)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task They_are_written_after_an_outage_and_go_with_their_age()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        folder.Options.MinuteRetention = TimeSpan.FromHours(1);
        var clock = new ManualClock();
        var log = await folder.StartAsync(clock);
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        using (folder.Lock())
        {
            for (var at = 0; at < 250; at++) log.Append(Row($"m/{at}", at < 200 ? now - 4000 : now));
            await LogFolder.AppendAsync(log, 0, 5);
            await log.FlushAsync(Cancel);
            Assert.Single(folder.Lines.Of("Away"));
        }

        log.Append(Row("m/0", now)); // it is there already, and stays
        await log.FlushAsync(Cancel);
        Assert.Equal(250, folder.Count("generations"));
        Assert.Equal(0.25, folder.Execute("SELECT ttft FROM generations WHERE id = 'm/0'"));
        Assert.Equal(250L, Convert.ToInt64(folder.Execute("SELECT count(*) FROM generations WHERE tpot IS NULL AND finish = 'Length'")));

        clock.Advance(TimeSpan.FromMinutes(1));

        await Eventually.TrueAsync(() => folder.Count("generations") == 50);
    }

    [Fact]
    public async Task A_models_minutes_are_read_as_they_were_written_and_go_with_their_age()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        folder.Options.MinuteRetention = TimeSpan.FromHours(1);
        var clock = new ManualClock();
        var log = await folder.StartAsync(clock);
        var now = Math.Floor(clock.GetUtcNow().ToUnixTimeSeconds() / 60.0) * 60;
        ModelMinute[] minutes =
        [
            .. Enumerable.Range(0, 150).Select(at => new ModelMinute
            {
                Model = "m",
                Silo = at % 2 == 0 ? "a:1" : "b:1",
                From = now - 4000 + (60 * (at / 2)),
                To = now - 3940 + (60 * (at / 2)),
                Stop = at,
                Length = 2,
                Cancelled = 3,
                Abandoned = 4,
                Failed = 5,
                ShutDown = 6,
                Busy = 7,
                PromptTokens = 5_000_000_000,
                CachedTokens = 9,
                CompletionTokens = 10,
                FirstTokenP50 = at == 0 ? double.NaN : 0.1,
                FirstTokenP90 = 0.2,
                FirstTokenP99 = 0.3,
                PerTokenP50 = 0.01,
                PerTokenP90 = 0.02,
                PerTokenP99 = 0.03,
                CompletionP50 = 1,
                CompletionP99 = 2,
                Batch = at == 1 ? double.NaN : 2.5,
                PagesPeak = 11,
            }),
        ];
        using (folder.Lock())
        {
            foreach (var minute in minutes) log.Append(minute);
            await LogFolder.AppendAsync(log, 0, 5);
            await log.FlushAsync(Cancel);
            Assert.Single(folder.Lines.Of("Away"));
        }

        log.Append(minutes[3] with { Stop = 1000 }); // it is there already, and stays
        await log.FlushAsync(Cancel);
        var query = new ModelMinuteQuery { Model = "m", Limit = ModelMinuteQuery.MaxLimit };
        Assert.Equal(minutes, await folder.Reader().GetModelMinutesAsync(query, Cancel));
        Assert.Equal(minutes[^3..], await folder.Reader().GetModelMinutesAsync(query with { Limit = 3 }, Cancel));
        Assert.Empty(await folder.Reader().GetModelMinutesAsync(query with { Model = "other" }, Cancel));
        var before = DateTimeOffset.FromUnixTimeSeconds((long)now - 3900);
        Assert.Equal(minutes[..4], await folder.Reader().GetModelMinutesAsync(query with { To = before }, Cancel));

        clock.Advance(TimeSpan.FromMinutes(1));

        var oldest = (clock.GetUtcNow() - TimeSpan.FromHours(1) - DateTimeOffset.UnixEpoch).TotalSeconds;
        await Eventually.TrueAsync(() => folder.Count("model_minutes") == minutes.Count(minute => minute.From >= oldest));
    }

    private static GenerationRow Row(string id, double ended) => new(id, "m", ended, new()
    {
        Finish = TextFinish.Length,
        PromptTokens = 5,
        CompletionTokens = 1,
        TimeToFirstToken = 0.25,
        JobCompletionTime = 0.25,
    });
}

/// <inheritdoc />
public sealed class SqliteGenerationTests() : GenerationTests(Database.Sqlite);

/// <inheritdoc />
public sealed class PostgresGenerationTests() : GenerationTests(Database.Postgres);
