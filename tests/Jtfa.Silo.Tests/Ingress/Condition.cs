using System.Diagnostics;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>Awaits what another thread does and no event tells of, such as a counter.</summary>
internal static class Condition
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>Looks until what is seen is as it should be.</summary>
    /// <returns>What was seen then.</returns>
    /// <exception cref="TimeoutException">It never was; the message says what was seen last.</exception>
    public static async Task<T> HoldsAsync<T>(Func<T> look, Func<T, bool> holds, string expected)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var seen = look();
            if (holds(seen)) return seen;
            if (clock.Elapsed > s_limit) throw new TimeoutException($"{expected}: not within {s_limit}; seen last: {seen}");
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }
}
