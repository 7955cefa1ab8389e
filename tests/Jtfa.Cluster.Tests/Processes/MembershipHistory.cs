using Npgsql;

namespace Jtfa.Cluster.Tests.Processes;

/// <summary>Every status that silos had in the membership table from its making on: 3 is active.</summary>
internal sealed class MembershipHistory
{
    private const string Keep =
        """
        CREATE TABLE statuses (port INTEGER, status INTEGER);
        CREATE FUNCTION keep_status() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO statuses VALUES (NEW.port, NEW.status); RETURN NEW; END $$;
        CREATE TRIGGER keep_status AFTER INSERT OR UPDATE ON orleans_silo FOR EACH ROW EXECUTE FUNCTION keep_status();
        """;

    private readonly string _connection;

    private MembershipHistory(string connection) => _connection = connection + ";Pooling=false";

    /// <summary>Begins to keep them.</summary>
    public static async Task<MembershipHistory> BeginAsync(string connection)
    {
        var history = new MembershipHistory(connection);
        await using var opened = await history.OpenAsync();
        await using var command = new NpgsqlCommand(Keep, opened);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        return history;
    }

    /// <summary>Those of the silo with a port, in order.</summary>
    public async Task<IReadOnlyList<int>> OfAsync(int siloPort)
    {
        await using var opened = await OpenAsync();
        await using var command = new NpgsqlCommand("SELECT status FROM statuses WHERE port = $1", opened);
        command.Parameters.Add(new() { Value = siloPort });
        await using var rows = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var statuses = new List<int>();
        while (await rows.ReadAsync(TestContext.Current.CancellationToken)) statuses.Add(rows.GetInt32(0));
        return statuses;
    }

    private async Task<NpgsqlConnection> OpenAsync()
    {
        var opened = new NpgsqlConnection(_connection);
        await opened.OpenAsync(TestContext.Current.CancellationToken);
        return opened;
    }
}
