using Microsoft.Data.Sqlite;

namespace Jtfa.System.Tests.Stage;

/// <summary>Looks into a workspace's database by SQL alone, while a silo writes it.</summary>
internal static class DecisionRows
{
    /// <summary>How many decisions it holds; 0 while there is no database yet.</summary>
    public static long Count(Workspace workspace, string where = "1 = 1") => Ids(workspace, where).Count;

    /// <summary>The ids of the decisions that it holds.</summary>
    public static List<long> Ids(Workspace workspace, string where = "1 = 1")
    {
        using var connection = new SqliteConnection($"Data Source={workspace.Database};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT decision FROM decisions WHERE {where} ORDER BY rowid";
        using var reader = command.ExecuteReader();
        var ids = new List<long>();
        while (reader.Read()) ids.Add(reader.GetInt64(0));
        return ids;
    }

    /// <summary>Waits until the database holds as many decisions.</summary>
    public static Task<long> ReachAsync(Workspace workspace, long count, string where = "1 = 1") =>
        Condition.HoldsAsync(() => Count(workspace, where), seen => seen >= count, $"{count} decisions in the log where {where}");
}
