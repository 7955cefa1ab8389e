using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Jtfa.Interfaces;
using Jtfa.Silo.Tests.Ingress;
using Microsoft.Data.Sqlite;

namespace Jtfa.Silo.Tests.Http;

/// <summary>A scene's minutes by HTTP.</summary>
[Collection(WholeSilo.Name)]
public class MinuteEndpointTests
{
    private static readonly DateTimeOffset s_start = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task The_newest_that_are_asked_for_come_oldest_first()
    {
        await using var silo = await HttpSilo.StartAsync(("Jtfa:Log:MinuteRetention", ""));
        Write(silo, 100);

        Assert.Equal(Enumerable.Range(40, 60), await AskAsync(""));
        Assert.Equal([97, 98, 99], await AskAsync("?limit=3"));
        Assert.Equal([10, 11], await AskAsync("?from=2026-11-21T10:10:00Z&to=2026-11-21T10:12:00Z"));
        Assert.Equal(Enumerable.Range(0, 100), await AskAsync("?from=0001-01-01T00:00:00Z&to=9999-12-31T00:00:00Z&limit=10500"));
        Assert.Empty((await silo.Client.GetFromJsonAsync<SceneMinute[]>("/v1/scenes/gate/minutes", JtfaJson.Options, Cancel))!);

        async Task<IEnumerable<int>> AskAsync(string query)
        {
            var minutes = await silo.Client.GetFromJsonAsync<SceneMinute[]>($"/v1/scenes/yard/minutes{query}", JtfaJson.Options, Cancel);
            return minutes!.Select(minute => (int)((minute.From - s_start.ToUnixTimeSeconds()) / 60));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Its_members_are_the_rows_and_what_follows_from_them()
    {
        await using var silo = await HttpSilo.StartAsync(("Jtfa:Log:MinuteRetention", ""));
        Write(silo, 1);

        var minute = (await silo.Client.GetFromJsonAsync<JsonArray>("/v1/scenes/yard/minutes", Cancel))!.Single()!;

        Assert.Equal(
            (600, 580, 20, 0.9, 1.5, 120, 3),
            ((int)minute["decisions"]!, (int)minute["byK"]!, (int)minute["byT"]!, (double)minute["accuracy"]!,
                (double)minute["tailFactor"]!, (double)minute["t"]!, (int)minute["k"]!));
        Assert.Null(minute["fillRatio"]);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("yard/minutes?limit=0", 400, "limit=0: allowed is 1 … 10500")]
    [InlineData("yard/minutes?limit=10501", 400, "limit=10501: allowed is 1 … 10500")]
    [InlineData("yard/minutes?limit=few", 400, "limit=few: allowed is a whole number")]
    [InlineData("yard/minutes?from=yesterday", 400, "from=yesterday: allowed is a time such as")]
    [InlineData("yard/minutes?from=2026-11-22T00:00:00Z&to=2026-11-21T00:00:00Z", 400, "allowed is no later than to")]
    [InlineData("nowhere/minutes", 404, "known are yard, gate")]
    public async Task What_is_wrong_is_told(string path, int status, string detail)
    {
        await using var silo = await HttpSilo.StartAsync();
        using var answer = await silo.Client.GetAsync($"/v1/scenes/{path}", Cancel);
        Assert.Equal((status, "application/problem+json"), ((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        var told = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!["detail"]!;
        Assert.Contains(detail, (string)told!, StringComparison.Ordinal);
    }

    private static void Write(HttpSilo silo, int count)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(silo.Folder.FullName, "jtfa.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = string.Create(CultureInfo.InvariantCulture, $"""
            WITH RECURSIVE minutes (at) AS (SELECT 0 UNION ALL SELECT at + 1 FROM minutes WHERE at + 1 < {count})
            INSERT INTO scene_minutes
            SELECT 'yard', {s_start.ToUnixTimeSeconds()} + 60 * at, {s_start.ToUnixTimeSeconds()} + 60 * at + 60,
                600, 580, 1800, NULL, 0.02, 0.025, 0.03, 1.5, 200000, 12, 3, 500, 450, 3, 0.12, 0 FROM minutes
            """);
        command.ExecuteNonQuery();
    }
}
