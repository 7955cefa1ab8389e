using System.Data.Common;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Decisions;

/// <summary>Inserts decisions into the table, as its database does it best.</summary>
internal abstract class DecisionInsert(DbConnection connection) : IDisposable
{
    /// <summary>Parameters as a statement names them: @scene, @decision …</summary>
    protected static string ParameterList { get; } = string.Join(", ", DecisionRow.Columns.Select(column => $"@{column.Name}"));

    /// <summary>The insert, with one parameter a column.</summary>
    protected DbCommand Command { get; } = connection.CreateCommand();

    /// <summary>Inserts a group, in order. Adds to <paramref name="inserted"/> the decisions that had not been there.</summary>
    public abstract void Run(IReadOnlyList<Decision> group, List<Decision> inserted);

    public void Dispose() => Command.Dispose();

    protected DbParameter[] AddParameters() => [.. DecisionRow.Columns.Select(column => Command.AddParameter(column.Name, null))];
}

/// <summary>A statement a row: best where a statement is a function call.</summary>
internal sealed class RowInsert : DecisionInsert
{
    private readonly DbParameter[] _row;

    public RowInsert(DbConnection connection)
        : base(connection)
    {
        Command.CommandText = $"INSERT INTO decisions ({DecisionRow.ColumnList}) VALUES ({ParameterList}) ON CONFLICT DO NOTHING";
        _row = AddParameters();
        Command.Prepare();
    }

    public override void Run(IReadOnlyList<Decision> group, List<Decision> inserted)
    {
        foreach (var decision in group)
        {
            for (var i = 0; i < _row.Length; i++)
                _row[i].Value = DecisionRow.Columns[i].ValueOf(decision);
            if (Command.ExecuteNonQuery() == 1)
                inserted.Add(decision);
        }
    }
}

/// <summary>A statement a group, an array a column: best where a statement is a message to a server.</summary>
internal sealed class ArrayInsert : DecisionInsert
{
    private readonly DbParameter[] _columns;

    public ArrayInsert(DbConnection connection)
        : base(connection)
    {
        // Numbers are drawn in the order of the group, and of a decision that is in it twice the first stays.
        Command.CommandText = $"""
            INSERT INTO decisions ({DecisionRow.ColumnList})
            SELECT {DecisionRow.ColumnList} FROM unnest({ParameterList}) WITH ORDINALITY AS rows ({DecisionRow.ColumnList}, place) ORDER BY place
            ON CONFLICT DO NOTHING
            RETURNING scene, decision
            """;
        _columns = AddParameters();
    }

    public override void Run(IReadOnlyList<Decision> group, List<Decision> inserted)
    {
        if (group.Count == 0)
            return; // all of them damaged in the spool
        for (var i = 0; i < _columns.Length; i++)
            _columns[i].Value = DecisionRow.Columns[i].ValuesOf(group);
        var fresh = new HashSet<(string, long)>(group.Count);
        using (var rows = Command.ExecuteReader())
        {
            while (rows.Read())
                fresh.Add((rows.GetString(0), rows.GetInt64(1)));
        }

        inserted.AddRange(group.Where(decision => fresh.Remove((decision.Scene, decision.Id))));
    }
}
