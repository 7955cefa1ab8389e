using System.Data;
using System.Data.Common;
using System.Globalization;

namespace Jtfa.Silo.Decisions;

/// <summary>Inserts rows into their table: many a statement, which any database takes, and one message to a server.</summary>
internal static class RowInsert
{
    /// <summary>Rows of a statement: some 2,000 parameters, far below what a database allows.</summary>
    public const int MostRows = 100;

    /// <summary>Inserts at most <see cref="MostRows"/> rows. One that is there already stays as it is.</summary>
    public static void Run<T>(DbConnection connection, string table, IReadOnlyList<Column<T>> columns, IReadOnlyList<T> rows)
    {
        using var command = connection.CreateCommand();
        var values = rows.Select((item, row) =>
            $"({string.Join(", ", columns.Select(column => Parameter(command, column, item, row)))})");
        var names = string.Join(", ", columns.Select(column => column.Name));
        command.CommandText = $"INSERT INTO {table} ({names}) VALUES {string.Join(", ", values)} ON CONFLICT DO NOTHING";
        command.ExecuteNonQuery();
    }

    private static string Parameter<T>(DbCommand command, Column<T> column, T item, int row)
    {
        var parameter = command.AddParameter(string.Create(CultureInfo.InvariantCulture, $"{column.Name}_{row}"), column.Value(item));
        parameter.DbType = column.Type;
        return parameter.ParameterName;
    }
}

/// <summary>One column of a table, and what a row has in it.</summary>
/// <param name="Name">The column's name.</param>
/// <param name="Type">The type that its parameter is declared with: a server cannot tell it from NULL.</param>
/// <param name="Value">A row's value; null is NULL.</param>
internal sealed record Column<T>(string Name, DbType Type, Func<T, object?> Value);
