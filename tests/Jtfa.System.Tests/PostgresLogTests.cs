using Jtfa.System.Tests.Stage;
using Npgsql;

namespace Jtfa.System.Tests;

/// <summary>The program with its log in PostgreSQL: a silo writes it, <c>jtfa decisions</c> reads it.</summary>
public sealed class PostgresLogTests
{
    [Fact(Timeout = 180_000)]
    public async Task A_silo_writes_its_log_to_PostgreSQL_and_it_is_read_from_there()
    {
        Assert.SkipUnless(PostgresServer.Missing is null, PostgresServer.Missing ?? "");
        var cancel = TestContext.Current.CancellationToken;
        await using var server = await PostgresServer.StartAsync(cancel);
        var connection = await server.CreateDatabaseAsync(cancel);
        using var workspace = new Workspace();
        workspace.Write("appsettings.json", $$"""{ "Jtfa": { "Log": { "Provider": "Postgres", "ConnectionString": "{{connection}}" } } }""");
        await using (var silo = await RunningSilo.StartAsync(workspace, RunningSilo.BySequence(5000)))
        {
            for (var id = 0; id < 20; id++) silo.Socket.SendViews(id, 0, 1, 2);
            await using var reader = new NpgsqlConnection(connection + ";Pooling=false");
            await reader.OpenAsync(cancel);
            await using var count = new NpgsqlCommand("SELECT count(*) FROM decisions", reader);
            while ((long)(await count.ExecuteScalarAsync(cancel))! < 20) cancel.ThrowIfCancellationRequested();
            await silo.StopAsync();
        }

        var configured = await ProgramRun.JtfaToEndAsync(workspace, "decisions", "--log", "--format", "json");
        File.Delete(workspace["appsettings.json"]);
        var named = await ProgramRun.JtfaToEndAsync(workspace, "decisions", "--format", "json", "--connection", connection);
        var refused = await ProgramRun.JtfaToEndAsync(
            workspace, "decisions", "--connection", connection.Replace(PostgresServer.Password, "swordfish", StringComparison.Ordinal));

        Assert.True(named is { ExitCode: 0, Errors: [] }, named.ToString());
        Assert.Equal(Enumerable.Range(0, 20), named.Output.Select(line => (int)LoggedDecision.Parse(line).Decision).Order());
        Assert.Equal(named.Output, configured.Output);
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("it refuses the user name or the password", Assert.Single(refused.Errors), StringComparison.Ordinal);
        Assert.DoesNotContain("swordfish", refused.ToString(), StringComparison.Ordinal);
    }
}
