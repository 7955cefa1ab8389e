using System.Data.Common;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Decisions;

/// <summary>Inserts decisions into the table, in the way that suits its database best.</summary>
internal abstract class DecisionInsert : IDisposable
{
    /// <summary>Inserts a group, in order. Adds to <paramref name="inserted"/> the decisions that had not been there.</summary>
    public abstract void Run(IReadOnlyList<Decision> group, List<Decision> inserted);

    public abstract void Dispose();
}

/// <summary>One statement a group, with an array for each column: best where a statement is a message to a server.</summary>
internal sealed class ArrayInsert : DecisionInsert
{
    private readonly DbCommand _command;
    private readonly DbParameter[] _columns;

    public ArrayInsert(DbConnection connection)
    {
        var parameters = string.Join(", ", DecisionRow.Columns.Select(column => $"@{column.Name}"));
        _command = connection.CreateCommand();

        // Row numbers are given in the order of the group; of a decision that is in it twice, the first is inserted.
        _command.CommandText = $"""
            INSERT INTO decisions ({DecisionRow.ColumnList})
            SELECT {DecisionRow.ColumnList} FROM unnest({parameters}) WITH ORDINALITY AS rows ({DecisionRow.ColumnList}, place)
            ORDER BY place
            ON CONFLICT DO NOTHING
            RETURNING scene, clock_epoch, decision
            """;
        _columns = [.. DecisionRow.Columns.Select(column => _command.AddParameter(column.Name, null))];
    }

    public override void Run(IReadOnlyList<Decision> group, List<Decision> inserted)
    {
        if (group.Count == 0)
            return; // all of them damaged in the spool
        for (var i = 0; i < _columns.Length; i++) _columns[i].Value = DecisionRow.Columns[i].ValuesOf(group);
        var fresh = new HashSet<(string, DecisionKey)>(group.Count);
        using (var rows = _command.ExecuteReader())
        {
            while (rows.Read()) fresh.Add((rows.GetString(0), new DecisionKey(rows.GetInt32(1), rows.GetInt64(2))));
        }

        inserted.AddRange(group.Where(decision => fresh.Remove((decision.Scene, decision.Key))));
    }

    public override void Dispose() => _command.Dispose();
}
