using System.Globalization;
using Jtfa.Client.Tests.Stage;
using Jtfa.Interfaces;
using Microsoft.Data.Sqlite;

namespace Jtfa.Client.Tests;

/// <summary>A scene's minutes, read by either client.</summary>
[Collection(RealSilo.Name)]
public class MinuteTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Both_clients_read_the_same()
    {
        using var workspace = new Workspace();
        await using var silo = await LiveSilo.StartAsync(workspace);
        var newest = DateTimeOffset.FromUnixTimeSeconds((DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 60 * 60) - 600);
        Write(workspace, newest, count: 90);
        using var http = new HttpJtfaClient(silo.Http);
        var minutes = new List<IReadOnlyList<SceneMinute>>();
        foreach (var client in new IJtfaClient[] { http, new ClusterJtfaClient(silo.Cluster) })
        {
            var usual = await client.GetMinutesAsync(new MinuteQuery { Scene = LiveSilo.Scene }, Stop);
            var some = await client.GetMinutesAsync(
                new MinuteQuery { Scene = LiveSilo.Scene, From = newest.AddMinutes(-80), To = newest.AddMinutes(-70), Limit = 7 }, Stop);

            Assert.Equal(Enumerable.Range(-59, 60), usual.Select(At));
            Assert.Equal(Enumerable.Range(-77, 7), some.Select(At));
            Assert.Empty(await client.GetMinutesAsync(new MinuteQuery { Scene = LiveSilo.Other }, Stop));
            var last = usual[^1];
            Assert.Equal((600, 20, 1.5, 0.9), (last.Decisions, last.ByT, last.TailFactor, last.Accuracy));
            Assert.Equal((TimeSpan.FromMilliseconds(120), 3, true), (last.T, last.K, double.IsNaN(last.FillRatio)));
            await RefusesAsync(client, new MinuteQuery { Scene = LiveSilo.Scene, Limit = 0 }, "limit=0: allowed is 1 …");
            var backwards = new MinuteQuery { Scene = LiveSilo.Scene, From = newest, To = newest.AddMinutes(-1) };
            await RefusesAsync(client, backwards, "allowed is no later than to");
            await RefusesAsync(client, new MinuteQuery { Scene = "nowhere" }, "'nowhere'");
            minutes.Add(usual);
        }

        Assert.Equal(minutes[0], minutes[1]);

        int At(SceneMinute minute) => (int)((minute.From - newest.ToUnixTimeSeconds()) / 60);
    }

    private static async Task RefusesAsync(IJtfaClient client, MinuteQuery query, string reason)
    {
        var fault = await Assert.ThrowsAnyAsync<JtfaException>(() => client.GetMinutesAsync(query, Stop));
        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
    }

    private static void Write(Workspace workspace, DateTimeOffset newest, int count)
    {
        using var connection = new SqliteConnection($"Data Source={workspace.Database};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = string.Create(CultureInfo.InvariantCulture, $"""
            WITH RECURSIVE minutes (at) AS (SELECT 0 UNION ALL SELECT at + 1 FROM minutes WHERE at + 1 < {count})
            INSERT INTO scene_minutes
            SELECT '{LiveSilo.Scene}', {newest.ToUnixTimeSeconds()} - 60 * at, {newest.ToUnixTimeSeconds()} - 60 * at + 60,
                600, 580, 1800, NULL, 0.02, 0.025, 0.03, 1.5, 200000, 12, 3, 500, 450, 3, 0.12, 0 FROM minutes
            """);
        command.ExecuteNonQuery();
    }
}
