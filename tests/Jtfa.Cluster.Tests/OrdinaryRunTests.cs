using Jtfa.Cluster.Tests.Processes;

namespace Jtfa.Cluster.Tests;

/// <summary>Silos that start and stop in order, whichever comes first: nothing is printed that looks like a fault.</summary>
public sealed class OrdinaryRunTests
{
    private const int TestTimeout = 600_000;

    [Fact(Timeout = TestTimeout)]
    public async Task Ordinary_starts_and_stops_print_no_error_in_any_order()
    {
        var plan = new ClusterPlan { FusionSilos = 2, CameraSilos = 1, Scenes = 2, Views = 2, K = 2, RateHz = 20 };
        await using var stage = await ClusterStage.StartAsync(plan);
        ClusterSilo[] silos = [.. stage.Cluster.Members]; // two fusion silos, a camera silo
        (int[] Stops, int[] Starts)[] orders = [([0, 1, 2], [0, 1, 2]), ([2, 1, 0], [1, 2, 0]), ([1, 2, 0], [2, 0, 1])];
        foreach (var (stops, starts) in orders)
        {
            foreach (var index in stops)
            {
                await silos[index].StopAsync();
                AssertNoError(silos[index]);
            }

            foreach (var index in starts) await silos[index].StartAsync();
        }

        await Task.WhenAll(silos.Select(silo => silo.StopAsync()));
        Assert.All(silos, AssertNoError);
        await Task.WhenAll(silos.Select(silo => silo.StartAsync()));
        foreach (var index in new[] { 0, 2 })
        {
            await silos[index].StopAsync();
            await silos[index].StartAsync();
        }

        Assert.All(silos, AssertNoError);
    }

    private static void AssertNoError(ClusterSilo silo) => Assert.DoesNotContain(
        silo.Program.Errors.Lines,
        line => line.Contains(" fail: ", StringComparison.Ordinal) || line.Contains(" crit: ", StringComparison.Ordinal));
}
