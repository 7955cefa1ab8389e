using Jtfa.Interfaces;
using Jtfa.Silo.Decisions;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>Requests of kept texts in the database.</summary>
public abstract class KeptTextsTests(Database database)
{
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task A_request_is_found_as_it_was_until_it_expires()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        var clock = new ManualClock();
        await folder.StartAsync(clock);
        var kept = new KeptTexts(SqlDialect.For(folder.Options), clock);
        var text = new KeptText("one", Request("m"), clock.GetUtcNow());
        Assert.True(await kept.AddAsync(text, clock.GetUtcNow() + s_hour));
        Assert.False(await kept.AddAsync(text with { Request = Request("m") with { Seed = 8 } }, clock.GetUtcNow() + s_hour));
        Assert.True(await kept.AddAsync(text with { Name = "other", Request = Request("n/a") }, clock.GetUtcNow() + s_hour));

        Assert.Equivalent(text, await kept.FindAsync("one"), strict: true);
        Assert.NotNull(await kept.FindAsync("one", "m"));
        Assert.Null(await kept.FindAsync("one", "n/a"));
        Assert.Null(await kept.FindAsync("On\'e"));

        clock.Advance(s_hour / 2);
        await kept.ExtendAsync("one", "m", clock.GetUtcNow() + s_hour);
        clock.Advance(s_hour / 2);
        Assert.NotNull(await kept.FindAsync("one"));
        Assert.Null(await kept.FindAsync("other"));
        Assert.Equal(2, folder.Count("generation_requests"));
        await kept.RemoveExpiredAsync();
        Assert.Equal(1, folder.Count("generation_requests"));
        await kept.RemoveAsync("one", "m");
        Assert.Equal(0, folder.Count("generation_requests"));
    }

    [Fact]
    public async Task A_database_that_is_away_is_told_in_one_line()
    {
        await using var folder = await LogFolder.CreateAsync(database);
        await folder.StartAsync();
        var kept = new KeptTexts(SqlDialect.For(folder.Options), TimeProvider.System);
        folder.Execute("DROP TABLE generation_requests");
        var fault = await Assert.ThrowsAsync<DecisionLogException>(() => kept.FindAsync("one"));
        Assert.Contains("generation_requests", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    private static TextRequest Request(string model) => new()
    {
        Model = model,
        PromptTokens = [1, 40, 7],
        MaxTokens = 9,
        Temperature = 0.1,
        Seed = ulong.MaxValue,
        Stop = ["a\nb", "ä"],
        LogitBias = new() { [2] = -100 },
        JsonSchema = """{"type":"object"}""",
        Owner = "ann\n\n",
        Keep = TimeSpan.FromSeconds(90),
        Note = "note",
    };
}

/// <inheritdoc />
public sealed class SqliteKeptTextsTests() : KeptTextsTests(Database.Sqlite);

/// <inheritdoc />
public sealed class PostgresKeptTextsTests() : KeptTextsTests(Database.Postgres);
