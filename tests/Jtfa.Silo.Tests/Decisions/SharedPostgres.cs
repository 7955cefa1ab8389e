using Jtfa.Silo.Tests.Decisions;

[assembly: AssemblyFixture(typeof(SharedPostgres))]

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>One PostgreSQL server for all tests that do not stop theirs; started when the first asks for it.</summary>
public sealed class SharedPostgres : IAsyncDisposable
{
    private static readonly Lazy<Task<PostgresServer>> s_server = new(() => PostgresServer.StartAsync(CancellationToken.None));

    /// <summary>The server; skips the test where there can be none.</summary>
    internal static Task<PostgresServer> GetAsync()
    {
        Assert.SkipUnless(PostgresServer.Missing is null, PostgresServer.Missing ?? "");
        return s_server.Value;
    }

    public async ValueTask DisposeAsync()
    {
        if (s_server.IsValueCreated) await (await s_server.Value).DisposeAsync();
    }
}
