using System.Data.Common;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime;

namespace Orleans.Storage;

/// <summary>
/// State in a database, through ADO.NET: one row a state, JSON, with a version for optimistic concurrency. Its SQL is what SQLite
/// and PostgreSQL have in common. Makes its table when it is first used.
/// </summary>
internal sealed class AdoNetGrainStorage(string name, IOptionsMonitor<AdoNetGrainStorageOptions> options) : IGrainStorage, IDisposable
{
    private const string CreateTable = """
        CREATE TABLE IF NOT EXISTS grain_state (
            grain TEXT NOT NULL, state TEXT NOT NULL, version BIGINT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (grain, state))
        """;

    // PostgreSQL fails one of two that make a table at once, IF NOT EXISTS or not.
    private readonly SemaphoreSlim _creating = new(1);

    private volatile bool _created;

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await using var connection = await OpenAsync();
        await using var command = Command(connection, "SELECT version, json FROM grain_state WHERE grain = @grain AND state = @state", stateName, grainId);
        await using var reader = await command.ExecuteReaderAsync();
        if (await reader.ReadAsync())
        {
            grainState.State = JsonSerializer.Deserialize<T>(reader.GetString(1))!;
            (grainState.ETag, grainState.RecordExists) = (GrainStateVersion.Tag(reader.GetInt64(0)), true);
        }
        else
        {
            (grainState.ETag, grainState.RecordExists) = (null, false);
        }
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var version = GrainStateVersion.Of(grainState);
        var sql = version == 0
            ? "INSERT INTO grain_state (grain, state, version, json) VALUES (@grain, @state, @version + 1, @json) ON CONFLICT DO NOTHING"
            : "UPDATE grain_state SET version = @version + 1, json = @json WHERE grain = @grain AND state = @state AND version = @version";
        await ExecuteAsync(sql, stateName, grainId, version, JsonSerializer.Serialize(grainState.State));
        (grainState.ETag, grainState.RecordExists) = (GrainStateVersion.Tag(version + 1), true);
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        // Never read, or never there; as on Orleans, what someone else wrote is cleared too.
        if (grainState.ETag is null) await ReadStateAsync(stateName, grainId, grainState);
        if (grainState.ETag is not null)
        {
            const string sql = "DELETE FROM grain_state WHERE grain = @grain AND state = @state AND version = @version";
            await ExecuteAsync(sql, stateName, grainId, GrainStateVersion.Of(grainState), json: null);
        }

        (grainState.ETag, grainState.RecordExists) = (null, false);
    }

    public void Dispose() => _creating.Dispose();

    private static DbCommand Command(DbConnection connection, string sql, string stateName, GrainId grainId)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        Add(command, "@grain", grainId.ToString());
        Add(command, "@state", stateName);
        return command;
    }

    private static void Add(DbCommand command, string parameterName, object value)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = (parameterName, value);
        command.Parameters.Add(parameter);
    }

    private async Task ExecuteAsync(string sql, string stateName, GrainId grainId, long version, string? json)
    {
        await using var connection = await OpenAsync();
        await using var command = Command(connection, sql, stateName, grainId);
        Add(command, "@version", version);
        if (json is not null) Add(command, "@json", json);
        if (await command.ExecuteNonQueryAsync() != 1) throw GrainStateVersion.Conflict(stateName, grainId);
    }

    private async Task<DbConnection> OpenAsync()
    {
        var settings = options.Get(name);
        var connection = DbProviderFactories.GetFactory(settings.Invariant).CreateConnection()!;
        connection.ConnectionString = settings.ConnectionString;
        await connection.OpenAsync();
        if (_created) return connection;

        await _creating.WaitAsync();
        try
        {
            await using var command = connection.CreateCommand();
            command.CommandText = CreateTable;
            await command.ExecuteNonQueryAsync();
            _created = true;
        }
        finally
        {
            _creating.Release();
        }

        return connection;
    }
}
