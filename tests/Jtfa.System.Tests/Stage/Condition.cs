using System.Diagnostics;

namespace Jtfa.System.Tests.Stage;

/// <summary>Awaits what no event tells of, such as rows that another process writes.</summary>
internal static class Condition
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(20);

    /// <summary>Looks until what is seen is as it should be.</summary>
    /// <returns>What was seen then.</returns>
    /// <exception cref="TimeoutException">It never was; the message says what was seen last.</exception>
    public static async Task<T> HoldsAsync<T>(Func<T> look, Func<T, bool> holds, string expected, double seconds = 60)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var seen = look();
            if (holds(seen)) return seen;
            if (clock.Elapsed.TotalSeconds > seconds) throw new TimeoutException($"{expected}: not within {seconds} s; seen last: {seen}");
            await Task.Delay(s_period, TestContext.Current.CancellationToken);
        }
    }
}
