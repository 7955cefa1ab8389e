using System.Collections.Concurrent;
using Npgsql;

namespace Jtfa.Cluster.Tests.Processes;

/// <summary>Looks into a cluster's decision log again and again, and remembers when rows of each scene came.</summary>
internal sealed class LogWatch(string connectionString, Func<double> now) : IAsyncDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<string, List<double>> _came = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _watching = Task.CompletedTask;

    public void Start() => _watching = WatchAsync(_stop.Token);

    /// <summary>The longest time in which no row of one scene came, seconds.</summary>
    public double LongestGap(IEnumerable<string> scenes, double from, double to) => scenes.Max(scene =>
    {
        var came = _came.GetOrAdd(scene, _ => []);
        lock (came) return Gaps.Longest(came, from, to);
    });

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        var last = 0L;
        using var timer = new PeriodicTimer(s_period);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                await using var connection = new NpgsqlConnection(connectionString);
                await connection.OpenAsync(cancellationToken);
                await using var command = new NpgsqlCommand(
                    "SELECT scene, max(number) FROM decisions WHERE number > @last GROUP BY scene", connection);
                command.Parameters.AddWithValue("last", last);
                await using var rows = await command.ExecuteReaderAsync(cancellationToken);
                while (await rows.ReadAsync(cancellationToken))
                {
                    var came = _came.GetOrAdd(rows.GetString(0), _ => []);
                    lock (came) came.Add(now());
                    last = Math.Max(last, rows.GetInt64(1));
                }
            }
            catch (NpgsqlException)
            {
                // The database is away: then no row comes either.
            }
        }
    }
}

/// <summary>Time between one thing and the next.</summary>
internal static class Gaps
{
    /// <summary>The longest time in a span in which nothing happened.</summary>
    public static double Longest(IEnumerable<double> happened, double from, double to)
    {
        double[] times = [from, .. happened.Where(at => at > from && at < to), to];
        return times.Zip(times.Skip(1), (one, next) => next - one).Max();
    }
}
