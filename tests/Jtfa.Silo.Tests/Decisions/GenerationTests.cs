using Jtfa.Interfaces;
using Jtfa.Silo.Decisions;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>Rows of language models' texts: written in groups, also after an outage, and deleted with the minutes of their age.</summary>
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
