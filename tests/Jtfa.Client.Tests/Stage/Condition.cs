using System.Diagnostics;

namespace Jtfa.Client.Tests.Stage;

/// <summary>Awaits what no event tells of.</summary>
internal static class Condition
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(20);

    /// <summary>Looks until what is seen is as it should be; the test's timeout ends a wait in vain.</summary>
    public static async Task<T> HoldsAsync<T>(Func<Task<T>> look, Func<T, bool> holds)
    {
        while (true)
        {
            var seen = await look();
            if (holds(seen)) return seen;
            await Task.Delay(s_period, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Looks until a count has stood still for half a second.</summary>
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
