using Jtfa.Client.Tests.Stage;
using Jtfa.Interfaces;
using Microsoft.Data.Sqlite;

namespace Jtfa.Client.Tests;

/// <summary>A silo that tests share. Those that have a silo in this process run one after another.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class RealSilo : ICollectionFixture<RealSilo>, IAsyncLifetime
{
    public const string Name = "real silo";

    private readonly Workspace _workspace = new();

    internal LiveSilo Silo { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Silo = await LiveSilo.StartAsync(_workspace);

    public async ValueTask DisposeAsync()
    {
        await Silo.DisposeAsync();
        _workspace.Dispose();
    }

    /// <summary>
    /// The scene's decisions in the order of the log, by SQL alone: from one on, those whose ids are no larger than another. Windows that
    /// are open together fire in any order.
    /// </summary>
    internal List<long> Logged(long from, long largest)
    {
        using var connection = new SqliteConnection($"Data Source={_workspace.Database};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText =
            "SELECT decision FROM decisions WHERE scene = $scene AND decision <= $largest AND rowid >= (SELECT rowid FROM decisions " +
            "WHERE scene = $scene AND decision = $from) ORDER BY rowid";
        command.Parameters.AddWithValue("$scene", LiveSilo.Scene);
        command.Parameters.AddWithValue("$from", from);
        command.Parameters.AddWithValue("$largest", largest);
        using var rows = command.ExecuteReader();
        var ids = new List<long>();
        while (rows.Read()) ids.Add(rows.GetInt64(0));
        return ids;
    }

    /// <summary>Has the scene decide, in this order, and waits until the log has it all.</summary>
    internal async Task DecideAsync(long[] ids)
    {
        var log = Silo.Cluster.GetGrain<IDecisionLogGrain>(JtfaNames.Sole);
        Silo.Decide(ids);
        var query = new DecisionQuery { Scene = LiveSilo.Scene, FromId = ids[0], ToId = ids[^1], Limit = DecisionQuery.MaxLimit };
        await Condition.HoldsAsync(
            () => log.QueryAsync(
                query, TestContext.Current.CancellationToken), page => page.Decisions.Length == ids.Length, "all in the log");
    }
}
