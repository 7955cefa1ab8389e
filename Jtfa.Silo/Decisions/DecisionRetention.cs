using System.Data.Common;
using System.Globalization;

namespace Jtfa.Silo.Decisions;

/// <summary>Deletes a scene's decisions beyond the age and the number that are kept, a small batch at a time.</summary>
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
        if (_run is null)
            return null;
        if (_run.MoveNext())
            return _run.Current;
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
                var before = (now - age - DateTimeOffset.UnixEpoch).TotalSeconds;
                for (var deleted = Batch; deleted == Batch;)
                    yield return deleted = Delete(scene, before, Batch);
            }

            if (options.RetentionCount is { } count)
            {
                var surplus = Count(scene) - count;
                while (surplus > 0)
                {
                    var deleted = Delete(scene, null, (int)Math.Min(surplus, Batch));
                    surplus = deleted == 0 ? 0 : surplus - deleted;
                    yield return deleted;
                }
            }
        }
    }

    private long Count(string scene)
    {
        using var command = connection.CreateCommand();
        command.CommandText = dialect.CountOfScene;
        command.AddParameter("scene", scene);
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private int Delete(string scene, double? before, int count)
    {
        using var command = connection.CreateCommand();
        command.CommandText = dialect.DeleteOldest;
        command.AddParameter("scene", scene);
        command.AddParameter("before", before);
        command.AddParameter("count", count);
        return command.ExecuteNonQuery(); // a transaction of its own
    }
}
