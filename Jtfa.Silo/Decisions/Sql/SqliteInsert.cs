using System.Data.Common;
using System.Text;
using Jtfa.Interfaces;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Jtfa.Silo.Decisions;

/// <summary>
/// A statement a row, whose values are bound by SQLite's own functions. The provider's parameters cost 2.5 kB and twice the time a row
/// (docs/measurements.md), which is most of what a decision costs: each binds by a name that it looks up, from a boxed value.
/// </summary>
internal sealed class SqliteInsert : DecisionInsert
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly Action<Decision, int>[] _bindings;
    private byte[] _text = new byte[1024];

    public SqliteInsert(DbConnection connection)
    {
        _database = ((SqliteConnection)connection).Handle!;
        var places = string.Join(", ", DecisionRow.Columns.Select(_ => "?"));
        var sql = $"INSERT INTO decisions ({DecisionRow.ColumnList}) VALUES ({places}) ON CONFLICT DO NOTHING";
        Check(raw.sqlite3_prepare_v2(_database, sql, out _statement));
        _bindings = [.. DecisionRow.Columns.Select(BindingOf)];
    }

    public override void Run(IReadOnlyList<Decision> group, List<Decision> inserted)
    {
        foreach (var decision in group)
        {
            for (var i = 0; i < _bindings.Length; i++) _bindings[i](decision, i + 1);
            var result = raw.sqlite3_step(_statement);
            raw.sqlite3_reset(_statement);
            if (result != raw.SQLITE_DONE) Check(result);
            if (raw.sqlite3_changes(_database) == 1) inserted.Add(decision);
        }
    }

    public override void Dispose() => _statement.Dispose();

    private Action<Decision, int> BindingOf(DecisionColumn column) => column switch
    {
        DecisionColumn<string?> text => (decision, place) => Bind(place, text.Value(decision)),
        DecisionColumn<long> number => (decision, place) => raw.sqlite3_bind_int64(_statement, place, number.Value(decision)),
        DecisionColumn<int> number => (decision, place) => raw.sqlite3_bind_int(_statement, place, number.Value(decision)),
        DecisionColumn<double?> measured => (decision, place) => Bind(place, measured.Value(decision)),
        _ => throw new NotSupportedException($"Column {column.Name} has a type that SQLite is not told of."),
    };

    private void Bind(int place, double? value)
    {
        if (value is { } number) raw.sqlite3_bind_double(_statement, place, number);
        else raw.sqlite3_bind_null(_statement, place);
    }

    // SQLite copies the text.
    private void Bind(int place, string? value)
    {
        if (value is null)
        {
            raw.sqlite3_bind_null(_statement, place);
            return;
        }

        var most = Encoding.UTF8.GetMaxByteCount(value.Length);
        if (most > _text.Length) _text = new byte[most];
        raw.sqlite3_bind_text(_statement, place, _text.AsSpan(0, Encoding.UTF8.GetBytes(value, _text)));
    }

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, _database);
}
