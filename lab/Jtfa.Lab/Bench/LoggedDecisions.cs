using Microsoft.Data.Sqlite;

namespace Jtfa.Lab.Bench;

/// <summary>What the decision log holds after a bench, counted over every row.</summary>
/// <param name="Rows">Decisions; the key (scene, decision) makes each stand once.</param>
/// <param name="Correct">Decided for the class that the sender meant.</param>
/// <param name="WellFormed">m ≤ N, and m distinct views.</param>
/// <param name="Tokens">Tokens fused.</param>
internal sealed record LoggedDecisions(long Rows, long Correct, long WellFormed, long Tokens)
{
    public static LoggedDecisions Read(string database, string scene)
    {
        using var connection = new SqliteConnection($"Data Source={database};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT m, correct, views FROM decisions WHERE scene = @scene";
        command.Parameters.AddWithValue("@scene", scene);
        using var reader = command.ExecuteReader();
        var (rows, correct, wellFormed, tokens) = (0L, 0L, 0L, 0L);
        while (reader.Read())
        {
            var m = reader.GetInt32(0);
            var views = reader.GetString(2).Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
            rows++;
            tokens += m;
            if (reader.GetInt64(1) == 1) correct++;
            if (m <= IngestSettings.N && views.Length == m && views.Distinct().Count() == m) wellFormed++;
        }

        return new LoggedDecisions(rows, correct, wellFormed, tokens);
    }
}
