using System.Data.Common;

namespace Jtfa.Silo.Decisions;

/// <summary>Deletes decisions beyond the age and the number that are kept a scene, and minutes and texts' rows beyond theirs, in small
/// batches.</summary>
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
        foreach (var epochs in dialect.ReadEpochs(connection, null).GroupBy(part => part.Scene, part => part.Epoch))
        {
            var scene = epochs.Key;
            if (options.RetentionAge is { } age)
            {
                foreach (var deleted in epochs.SelectMany(epoch => DeleteUpTo(scene, epoch, Before(now, age), 0))) yield return deleted;
            }

            // Deletes up to a row, not a number of rows: so several silos that do this at once delete no more than one would.
            if (options.RetentionCount is { } count && NewestBeyond(scene, count) is var (last, time, number))
            {
                foreach (var epoch in epochs.Where(epoch => epoch <= last))
                {
                    var (upTo, row) = epoch < last ? (double.MaxValue, long.MaxValue) : (time, number);
                    foreach (var deleted in DeleteUpTo(scene, epoch, upTo, row)) yield return deleted;
                }
            }
        }

        if (options.MinuteRetention is { } kept)
        {
            // Most runs delete none; an empty batch must not cause another step.
            string[] statements = [dialect.DeleteOldestMinutes, SqlDialect.DeleteOldestGenerations, ModelMinuteRow.DeleteOldest];
            foreach (var statement in statements)
            {
                foreach (var deleted in Delete(statement, [("time", Before(now, kept))]).Where(deleted => deleted > 0))
                    yield return deleted;
            }
        }
    }

    private static double Before(DateTimeOffset now, TimeSpan age) => (now - DateTimeOffset.UnixEpoch - age).TotalSeconds;

    private (int Epoch, double Time, long Number)? NewestBeyond(string scene, long count)
    {
        using var command = connection.CreateCommand();
        command.CommandText = dialect.NewestBeyond;
        command.AddParameter("scene", scene);
        command.AddParameter("count", count);
        using var row = command.ExecuteReader();
        return row.Read() && !row.IsDBNull(1) ? (row.GetInt32(0), row.GetDouble(1), row.GetInt64(2)) : null;
    }

    private IEnumerable<int> DeleteUpTo(string scene, int epoch, double time, long number) =>
        Delete(dialect.DeleteOldest, [("scene", scene), ("epoch", epoch), ("time", time), ("number", number)]);

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
