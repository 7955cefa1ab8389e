using System.Data.Common;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Decisions;

/// <summary>The tables of decisions and minutes, open for writing: one connection, one transaction a group.</summary>
internal sealed class DecisionTable : IDisposable
{
    private readonly SqlDialect _dialect;
    private readonly DbConnection _connection;
    private readonly DecisionInsert _insert;

    private DecisionTable(SqlDialect dialect, DbConnection connection)
    {
        _dialect = dialect;
        _connection = connection;
        _insert = dialect.CreateInsert(connection);
        Retention = new DecisionRetention(dialect, connection);
    }

    /// <summary>Deletes what need not be kept.</summary>
    public DecisionRetention Retention { get; }

    /// <summary>Opens the table with its schema up to date, sure that it can be written to.</summary>
    /// <exception cref="DbException">The provider's failure.</exception>
    /// <exception cref="DecisionLogException">The database is missing, or newer than this program.</exception>
    public static DecisionTable Open(SqlDialect dialect, DatabaseUse use, TimeProvider clock)
    {
        var connection = dialect.Open(use);
        try
        {
            Schema.For(dialect).Apply(connection, dialect, clock);
            // a read-only file is found out now, not later
            dialect.Transact(connection, () => SqlDialect.Execute(connection, dialect.Probe));
            dialect.EndStart(connection);
            return new DecisionTable(dialect, connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Commits a group. Adds to <paramref name="inserted"/> the decisions that had not been there.</summary>
    /// <exception cref="DbException">The provider's failure; nothing was committed.</exception>
    /// <exception cref="DecisionLogException">The database is not in its place any more.</exception>
    public void Write(IReadOnlyList<Decision> group, List<Decision> inserted)
    {
        inserted.Clear();
        _dialect.Transact(_connection, () =>
        {
            _insert.Run(group, inserted);
            _dialect.CheckPlace(_connection);
        });
        _dialect.CheckPlace(_connection);
    }

    /// <summary>Commits minutes, at most <see cref="RowInsert.MostRows"/>; those that had been there do no harm.</summary>
    /// <exception cref="DbException">The provider's failure; nothing was committed.</exception>
    /// <exception cref="DecisionLogException">The database is not in its place any more.</exception>
    public void Write(IReadOnlyList<SceneMinute> minutes) => Write("scene_minutes", MinuteRow.Columns, minutes);

    /// <summary>Commits texts' rows, at most <see cref="RowInsert.MostRows"/>.</summary>
    /// <exception cref="DbException">The provider's failure; nothing was committed.</exception>
    /// <exception cref="DecisionLogException">The database is not in its place any more.</exception>
    public void Write(IReadOnlyList<GenerationRow> rows) => Write(GenerationRow.Table, GenerationRow.Columns, rows);

    /// <summary>Commits models' minutes, at most <see cref="RowInsert.MostRows"/>; those that had been there do no harm.</summary>
    /// <exception cref="DbException">The provider's failure; nothing was committed.</exception>
    /// <exception cref="DecisionLogException">The database is not in its place any more.</exception>
    public void Write(IReadOnlyList<ModelMinute> minutes) => Write(ModelMinuteRow.Table, ModelMinuteRow.Columns, minutes);

    public void Dispose()
    {
        _insert.Dispose();
        Retention.Dispose();
        _connection.Dispose();
    }

    private void Write<T>(string table, IReadOnlyList<Column<T>> columns, IReadOnlyList<T> rows)
    {
        _dialect.Transact(_connection, () =>
        {
            RowInsert.Run(_connection, table, columns, rows);
            _dialect.CheckPlace(_connection);
        });
        _dialect.CheckPlace(_connection);
    }
}
