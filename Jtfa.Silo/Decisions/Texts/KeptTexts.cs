using System.Data.Common;
using System.Text.Json;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Decisions;

/// <summary>A text that is kept: what it is made of again.</summary>
/// <param name="Name">Its name without its model.</param>
/// <param name="Request">What it was asked for, with the prompt as text tokens and with its seed.</param>
/// <param name="Asked">When.</param>
internal sealed record KeptText(string Name, TextRequest Request, DateTimeOffset Asked);

/// <summary>
/// The requests of language models' texts that are kept, in the cluster's database or, of a silo that is alone, the log's: the text itself
/// is not there, since the same request with the same seed says it again. Each call opens a connection of its own, as few texts are kept.
/// </summary>
internal sealed class KeptTexts(SqlDialect dialect, TimeProvider clock)
{
    /// <summary>Keeps a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="until">When it may be forgotten.</param>
    /// <returns>Whether it is kept; not where there is one of its name.</returns>
    /// <exception cref="DecisionLogException">The database cannot be written to.</exception>
    public async Task<bool> AddAsync(KeptText text, DateTimeOffset until) => await WriteAsync(
        SqlDialect.InsertGenerationRequest,
        ("request", text.Name), ("model", text.Request.Model), ("asked", Seconds(text.Asked)), ("expires", Seconds(until)),
        ("body", JsonSerializer.Serialize(text.Request, JtfaJson.Options))) > 0;

    /// <summary>A text by its name; null where none is kept, or not any more.</summary>
    /// <param name="name">Its name without its model.</param>
    /// <param name="model">Its model; null: not known.</param>
    /// <exception cref="DecisionLogException">The database cannot be read.</exception>
    public Task<KeptText?> FindAsync(string name, string? model = null) => UseAsync(DatabaseUse.Read, connection =>
    {
        using var command = Command(
            connection, SqlDialect.FindGenerationRequest, ("request", name), ("model", model), ("now", Seconds(clock.GetUtcNow())));
        using var row = command.ExecuteReader();
        if (!row.Read()) return null;
        var request = JsonSerializer.Deserialize<TextRequest>(row.GetString(1), JtfaJson.Options)!;
        return new KeptText(name, request, DateTimeOffset.UnixEpoch.AddSeconds(row.GetDouble(0)));
    });

    /// <summary>Keeps a text for longer.</summary>
    /// <exception cref="DecisionLogException">The database cannot be written to.</exception>
    public Task ExtendAsync(string name, string model, DateTimeOffset until) =>
        WriteAsync(SqlDialect.ExtendGenerationRequest, ("request", name), ("model", model), ("expires", Seconds(until)));

    /// <summary>Keeps a text no more.</summary>
    /// <exception cref="DecisionLogException">The database cannot be written to.</exception>
    public Task RemoveAsync(string name, string model) =>
        WriteAsync(SqlDialect.DeleteGenerationRequest, ("request", name), ("model", model));

    /// <summary>Forgets those whose silo has died and that nobody has read since.</summary>
    /// <exception cref="DecisionLogException">The database cannot be written to.</exception>
    public Task RemoveExpiredAsync() =>
        WriteAsync(SqlDialect.DeleteExpiredGenerationRequests, ("now", Seconds(clock.GetUtcNow())));

    private static double Seconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).TotalSeconds;

    private static DbCommand Command(DbConnection connection, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters) command.AddParameter(name, value);
        return command;
    }

    private Task<int> WriteAsync(string sql, params (string Name, object? Value)[] parameters) => UseAsync(DatabaseUse.Write, connection =>
    {
        using var command = Command(connection, sql, parameters);
        return command.ExecuteNonQuery();
    });

    // On a thread of the pool: SQLite blocks.
    private Task<T> UseAsync<T>(DatabaseUse use, Func<DbConnection, T> body) => Task.Run(() =>
    {
        try
        {
            using var connection = dialect.Open(use);
            return body(connection);
        }
        catch (DbException failure)
        {
            throw dialect.Explain(failure);
        }
    });
}
