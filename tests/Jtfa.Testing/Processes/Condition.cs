using System.Diagnostics;

namespace Jtfa.Testing.Processes;

/// <summary>Awaits what no event tells of, such as rows that another process writes or a counter of another thread.</summary>
internal static class Condition
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(1);

    /// <summary>Looks until what is seen is as it should be.</summary>
    /// <returns>What was seen then.</returns>
    /// <exception cref="TimeoutException">It never was; the message says what was seen last.</exception>
    public static Task<T> HoldsAsync<T>(Func<T> look, Func<T, bool> holds, string expected, double seconds = 60) =>
        HoldsAsync(() => Task.FromResult(look()), holds, expected, seconds);

    /// <inheritdoc cref="HoldsAsync{T}(Func{T},Func{T,bool},string,double)"/>
    public static async Task<T> HoldsAsync<T>(Func<Task<T>> look, Func<T, bool> holds, string expected, double seconds = 60)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var began = clock.Elapsed;
            var seen = await look();
            if (holds(seen)) return seen;
            if (clock.Elapsed.TotalSeconds > seconds) throw new TimeoutException($"{expected}: not within {seconds} s; seen last: {seen}");

            // A look that costs much must not slow what it waits for.
            var cost = clock.Elapsed - began;
            await Task.Delay(10 * cost > s_period ? 10 * cost : s_period, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Looks until a count has not changed for half a second.</summary>
    public static async Task<long> StandsAsync(Func<long> look)
    {
        var (seen, since) = (look(), Stopwatch.StartNew());
        while (since.ElapsedMilliseconds < 500)
        {
            await Task.Delay(s_period, TestContext.Current.CancellationToken);
            if (look() is var now && now != seen) (seen, since) = (now, Stopwatch.StartNew());
        }

        return seen;
    }
}
