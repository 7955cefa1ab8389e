using System.Data.Common;
using System.Globalization;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Decisions;

/// <summary>Inserts minutes into their table: many rows a statement, which any database takes, and one message to a server.</summary>
internal static class MinuteInsert
{
    /// <summary>Rows of a statement: 1,900 parameters, far below what a database allows.</summary>
    public const int MostRows = 100;

    /// <summary>Inserts at most <see cref="MostRows"/> minutes. One that is there already stays as it is.</summary>
    public static void Run(DbConnection connection, IReadOnlyList<SceneMinute> minutes)
    {
        using var command = connection.CreateCommand();
        var rows = minutes.Select((minute, row) =>
            $"({string.Join(", ", MinuteRow.Columns.Select(column => Parameter(command, column, minute, row)))})");
        command.CommandText = $"INSERT INTO scene_minutes ({MinuteRow.ColumnList}) VALUES {string.Join(", ", rows)} ON CONFLICT DO NOTHING";
        command.ExecuteNonQuery();
    }

    private static string Parameter(DbCommand command, MinuteColumn column, SceneMinute minute, int row)
    {
        var parameter = command.AddParameter(string.Create(CultureInfo.InvariantCulture, $"{column.Name}_{row}"), column.Value(minute));
        parameter.DbType = column.Type;
        return parameter.ParameterName;
    }
}
