using System.Globalization;
using System.Text.Json;
using Jtfa.Interfaces;
using Jtfa.System.Tests.Stage;
using Microsoft.Data.Sqlite;

namespace Jtfa.System.Tests;

/// <summary><c>jtfa scene minutes</c>, and where its rows come from.</summary>
public sealed class SceneMinutesTests
{
    [Fact(Timeout = 120_000)]
    public async Task The_newest_minutes_are_printed_oldest_first()
    {
        using var workspace = new Workspace();
        await using var silo = await RunningSilo.StartAsync(workspace);
        var http = await silo.HttpAsync();
        var newest = (DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 60 * 60) - 600;
        Write(workspace, newest, count: 70);

        var table = await OutputAsync("--last", "3");
        Assert.Equal(4, table.Length);
        Assert.StartsWith("from (UTC)", table[0], StringComparison.Ordinal);
        var from = DateTimeOffset.FromUnixTimeSeconds(newest).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        Assert.StartsWith(from, table[^1], StringComparison.Ordinal);
        foreach (var value in new[] { " 600 ", " 580 ", " 20 ", " 20.0 ms ", " 30.0 ms ", " 1.50 ", " 90.0 % ", " 120 ms" })
            Assert.Contains(value, table[^1], StringComparison.Ordinal);

        var minutes = JsonSerializer.Deserialize<SceneMinute[]>(Assert.Single(await OutputAsync("--json")), JtfaJson.Options)!;
        Assert.Equal(Enumerable.Range(0, 60).Select(at => newest - (60.0 * (59 - at))), minutes.Select(minute => minute.From));

        var refused = await RunAsync("--last", "0");
        Assert.Equal((2, true), (refused.ExitCode, refused.Errors[0].Contains("--last 0: allowed is 1 …", StringComparison.Ordinal)));

        Task<ProgramEnd> RunAsync(params string[] options) =>
            ProgramRun.JtfaToEndAsync(workspace, ["scene", "minutes", "default", "--server", http, .. options]);

        async Task<string[]> OutputAsync(params string[] options)
        {
            var end = await RunAsync(options);
            Assert.True(end is { ExitCode: 0, Errors: [] }, end.ToString());
            return end.Output;
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_silo_that_stops_writes_the_minute_under_way()
    {
        using var workspace = new Workspace();
        await using var silo = await RunningSilo.StartAsync(workspace, RunningSilo.BySequence(30_000));
        for (var id = 0; id < 20; id++) silo.Socket.SendViews(id, 0, 1, 2);
        await DecisionRows.ReachAsync(workspace, 20);
        await silo.StopAsync();

        using var connection = Open(workspace);
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT sum(decisions) FROM scene_minutes WHERE scene = 'default'";
        Assert.Equal(20L, command.ExecuteScalar());
    }

    private static SqliteConnection Open(Workspace workspace)
    {
        var connection = new SqliteConnection($"Data Source={workspace.Database};Pooling=False");
        connection.Open();
        return connection;
    }

    private static void Write(Workspace workspace, long newest, int count)
    {
        using var connection = Open(workspace);
        using var command = connection.CreateCommand();
        command.CommandText = string.Create(CultureInfo.InvariantCulture, $"""
            WITH RECURSIVE minutes (at) AS (SELECT 0 UNION ALL SELECT at + 1 FROM minutes WHERE at + 1 < {count})
            INSERT INTO scene_minutes
            SELECT 'default', {newest} - 60 * at, {newest} - 60 * at + 60,
                600, 580, 1800, 0.75, 0.02, 0.025, 0.03, 1.5, 200000, 12, 3, 500, 450, 3, 0.12, 0 FROM minutes
            """);
        command.ExecuteNonQuery();
    }
}
