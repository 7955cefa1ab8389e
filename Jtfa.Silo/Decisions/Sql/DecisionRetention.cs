using System.Data.Common;

namespace Jtfa.Silo.Decisions;

/// <summary>Deletes decisions beyond the age and the number that are kept a scene, and minutes beyond theirs, in small batches.</summary>
internal sealed class DecisionRetention(SqlDialect dialect, DbConnection connection) : IDisposable
{
    /// <summary>Rows deleted in one transaction: some milliseconds, so that the groups that wait behind it do not pile up.</summary>
    public const int Batch = 500;

    private IEnumerator<int>? _run;

    /// <summary>Begins a run, unless one is under way.</summary>
    public void Begin(DecisionLogOptions options, DateTimeOffset now) => _run ??= Run(options, now).GetEnumerator();

    /// <summary>Deletes the run's next batch.</summary>
    /// <returns>Rows deleted; null when there is no run, or no more to do in it.</returns>
    /// <exception cref="DbException">The provider's failure; the run is over.</exception>
    public int? Next()
    {
        if (_run is null) return null;
        if (_run.MoveNext()) return _run.Current;
        Dispose();
        return null;
    }

    public void Dispose()
    {
        _run?.Dispose();
        _run = null;
    }

    private IEnumerable<int> Run(DecisionLogOptions options, DateTimeOffset now)
    {
        foreach (var scene in dialect.ReadScenes(connection))
        {
            if (options.RetentionAge is { } age)
            {
                foreach (var deleted in DeleteUpTo(scene, Before(now, age), 0)) yield return deleted;
            }

            // Deletes up to a row, not a number of rows: so several silos that do this at once delete no more than one would.
            if (options.RetentionCount is { } count && NewestBeyond(scene, count) is var (time, number))
            {
                foreach (var deleted in DeleteUpTo(scene, time, number)) yield return deleted;
            }
        }

        if (options.MinuteRetention is { } kept)
        {
            // Most runs delete none; an empty batch must not cause another step.
            foreach (var deleted in Delete(dialect.DeleteOldestMinutes, [("time", Before(now, kept))]).Where(deleted => deleted > 0))
                yield return deleted;
        }
    }

    private static double Before(DateTimeOffset now, TimeSpan age) => (now - DateTimeOffset.UnixEpoch - age).TotalSeconds;

    private (double Time, long Number)? NewestBeyond(string scene, long count)
    {
        using var command = connection.CreateCommand();
        command.CommandText = dialect.NewestBeyond;
        command.AddParameter("scene", scene);
        command.AddParameter("count", count);
        using var row = command.ExecuteReader();
        return row.Read() && !row.IsDBNull(0) ? (row.GetDouble(0), row.GetInt64(1)) : null;
    }

    private IEnumerable<int> DeleteUpTo(string scene, double time, long number) =>
        Delete(dialect.DeleteOldest, [("scene", scene), ("time", time), ("number", number)]);

    private IEnumerable<int> Delete(string statement, (string Name, object Value)[] parameters)
    {
        for (var deleted = Batch; deleted == Batch;)
        {
            dialect.Transact(connection, () =>
            {
                using var command = connection.CreateCommand();
                command.CommandText = statement;
                foreach (var (name, value) in parameters) command.AddParameter(name, value);
                command.AddParameter("count", Batch);
                deleted = command.ExecuteNonQuery();
            });
            yield return deleted;
        }
    }
}
