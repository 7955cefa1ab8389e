using System.Data.Common;
using Jtfa.Silo.Decisions;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>The statements that Orleans' ADO.NET providers read out of the database (sql/): all there, and doing what they must.</summary>
public class OrleansTablesTests
{
    private static readonly string[] s_state = ["ReadFromStorageKey", "WriteToStorageKey", "ClearStorageKey", "DeleteStorageKey"];

    // Every provider reads all of its keys when it starts, and does not start where one is missing.
    private static readonly string[] s_clusters =
    [
        "UpdateIAmAlivetimeKey", "InsertMembershipVersionKey", "InsertMembershipKey", "UpdateMembershipKey", "MembershipReadRowKey",
        "MembershipReadAllKey", "DeleteMembershipTableEntriesKey", "GatewaysQueryKey", "CleanupDefunctSiloEntriesKey",
    ];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Database.Sqlite)]
    [InlineData(Database.Postgres)]
    public async Task Every_statement_that_a_provider_asks_for_is_there(Database database)
    {
        await using var folder = await OpenAsync(database);
        using var connection = folder.Connect();

        var keys = Rows(connection, "SELECT QueryKey FROM OrleansQuery").Select(row => (string)row["QueryKey"]);

        Assert.Equal((database == Database.Sqlite ? s_state : [.. s_state, .. s_clusters]).Order(), keys.Order());
    }

    [Theory]
    [InlineData(Database.Sqlite)]
    [InlineData(Database.Postgres)]
    public async Task State_is_written_by_who_has_read_its_version(Database database)
    {
        await using var folder = await OpenAsync(database);
        using var connection = folder.Connect();

        Assert.Empty(State("Read"));
        Assert.Empty(Write(7, 1)); // of a state that is not there
        Assert.Equal(1, Version(Write(null, 1)));
        Assert.Empty(Write(null, 2));
        Assert.Equal(2, Version(Write(1, 3)));
        Assert.Empty(Write(1, 4));
        Assert.Equal([3], (byte[])Assert.Single(State("Read"))["PayloadBinary"]);
        Assert.Empty(State("Clear", 1));
        Assert.Equal(3, Version(State("Clear", 2)));
        Assert.Equal(
            (DBNull.Value, 3), (Assert.Single(State("Read"))["PayloadBinary"], Convert.ToInt32(Assert.Single(State("Read"))["Version"])));
        Assert.Equal(4, Version(Write(3, 5)));
        Assert.Empty(State("Delete", 3));
        Assert.Equal(5, Version(State("Delete", 4)));
        Assert.Empty(State("Read"));
        Assert.Equal(1, Version(Write(null, 6)));

        List<Dictionary<string, object>> Write(int? version, byte payload) => State("Write", version, payload);

        List<Dictionary<string, object>> State(string what, int? version = null, byte? payload = null) => Run(
            connection, what switch { "Read" => "ReadFromStorageKey", "Write" => "WriteToStorageKey", _ => what + "StorageKey" },
            ("GrainIdN0", 0L), ("GrainIdN1", 0L), ("GrainTypeString", "scene"), ("GrainIdExtensionString", "yard"), ("ServiceId", "jtfa"),
            ("GrainStateVersion", (object?)version ?? new NullOf(0)),
            ("PayloadBinary", payload is { } content ? new[] { content } : new NullOf(Array.Empty<byte>())));
    }

    [Fact]
    public async Task Membership_changes_for_one_of_those_who_saw_the_same_version()
    {
        await using var folder = await OpenAsync(Database.Postgres);
        using var connection = folder.Connect();
        Assert.True(Answer("InsertMembershipVersionKey"));
        Assert.False(Answer("InsertMembershipVersionKey"));

        var joined = await Task.WhenAll(Enumerable.Range(1, 8).Select(port => Task.Run(() =>
        {
            using var own = folder.Connect();
            return Answer("InsertMembershipKey", own, port, version: 0);
        }, Cancel)));

        var member = 1 + Array.IndexOf(joined, true);
        Assert.Single(joined, true);
        Assert.False(Answer("InsertMembershipKey", connection, member, version: 1)); // is there
        Assert.False(Answer("UpdateMembershipKey", connection, member, version: 0));
        Assert.False(Answer("UpdateMembershipKey", connection, member + 1, version: 1)); // is not there
        Assert.Equal(1, Convert.ToInt32(Assert.Single(Silos())["version"]));
        Assert.True(Answer("UpdateMembershipKey", connection, member, version: 1, status: 6));
        Assert.Equal((2, 6), (Convert.ToInt32(Assert.Single(Silos())["version"]), Convert.ToInt32(Assert.Single(Silos())["status"])));
        Run(connection, "CleanupDefunctSiloEntriesKey", Parameters(member, 2, 3, DateTime.UtcNow.AddMinutes(1)));
        Assert.Equal((2, DBNull.Value), (Convert.ToInt32(Assert.Single(Silos())["version"]), Assert.Single(Silos())["address"]));

        List<Dictionary<string, object>> Silos() => Run(connection, "MembershipReadAllKey", Parameters(1, 0, 0, DateTime.UtcNow));

        bool Answer(string key, DbConnection? on = null, int port = 1, int version = 0, int status = 3) =>
            (bool)Assert.Single(Assert.Single(Run(on ?? connection, key, Parameters(port, version, status, DateTime.UtcNow))).Values);

        static (string, object)[] Parameters(int port, int version, int status, DateTime alive) =>
        [
            ("DeploymentId", "jtfa"), ("Address", "127.0.0.1"), ("Port", port), ("Generation", 1), ("SiloName", "one"),
            ("HostName", "here"),
            ("Status", status), ("ProxyPort", 30000), ("StartTime", DateTime.UtcNow), ("IAmAliveTime", alive),
            ("SuspectTimes", new NullOf("")), ("Version", version),
        ];
    }

    private static async Task<LogFolder> OpenAsync(Database database)
    {
        var folder = await LogFolder.CreateAsync(database);
        await (await folder.StartAsync()).StopAsync(Cancel); // the log makes the tables
        return folder;
    }

    private static int Version(List<Dictionary<string, object>> written) => Convert.ToInt32(Assert.Single(written)["NewGrainStateVersion"]);

    private static List<Dictionary<string, object>> Run(
        DbConnection connection, string key, params (string Name, object Value)[] parameters)
    {
        var sql = (string)Assert.Single(Rows(connection, $"SELECT QueryText FROM OrleansQuery WHERE QueryKey = '{key}'"))["QueryText"];
        return Rows(connection, sql, parameters);
    }

    private static List<Dictionary<string, object>> Rows(
        DbConnection connection, string sql, params (string Name, object Value)[] parameters)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.AddParameter(name, (value as NullOf)?.Example ?? value);
            parameter.DbType = parameter.DbType; // fixes the type, so that NULL has it too
            if (value is NullOf) parameter.Value = DBNull.Value;
        }

        using var reader = command.ExecuteReader();
        var rows = new List<Dictionary<string, object>>();
        while (reader.Read())
        {
            // PostgreSQL folds names, and Orleans does not mind.
            rows.Add(Enumerable.Range(0, reader.FieldCount)
                .ToDictionary(reader.GetName, reader.GetValue, StringComparer.OrdinalIgnoreCase));
        }

        return rows;
    }

    /// <summary>NULL of the type of an example, as Orleans gives it.</summary>
    private sealed record NullOf(object Example);
}
