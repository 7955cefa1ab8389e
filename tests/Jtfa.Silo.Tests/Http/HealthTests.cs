using System.Net;
using Jtfa.Core;
using Jtfa.Silo.Http;
using Jtfa.Silo.Tests.Decisions;
using Jtfa.Silo.Tests.Ingress;
using Jtfa.Silo.Time;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;

namespace Jtfa.Silo.Tests.Http;

/// <summary>What <c>/readyz</c> says of a silo that cannot write, or whose clock was set.</summary>
[Collection(WholeSilo.Name)]
public class HealthTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task A_silo_on_a_full_disk_is_ready_but_degraded_before_it_has_decided_anything()
    {
        var folder = Directory.CreateTempSubdirectory("jtfa-disk-");
        await SmallDisk.RunAsync<HealthTests>(nameof(Child_is_degraded_on_a_full_disk), folder.FullName);
        folder.Delete();
    }

    [Fact(Explicit = true)]
    public async Task Child_is_degraded_on_a_full_disk()
    {
        var folder = new DirectoryInfo(SmallDisk.Folder).CreateSubdirectory("silo");
        await using var silo = await HttpSilo.StartAsync(folder, port: 0);
        Assert.Equal((HttpStatusCode.OK, "Healthy\n"), await AskAsync(silo));
        var ballast = SmallDisk.Fill();
        var (status, text) = await ApiTests.UntilAsync(() => AskAsync(silo), answer => answer.Text != "Healthy\n");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Matches("^Degraded\nwriting: nothing can be written beside the database \\(.*\\): free some space", text);
        Assert.DoesNotContain(folder.FullName, text, StringComparison.Ordinal); // the probe is open to everybody

        File.Delete(ballast);
        await ApiTests.UntilAsync(() => AskAsync(silo), answer => answer.Text == "Healthy\n");
    }

    [Theory]
    [InlineData(1.5, "the wall clock was set forward by 1.5 s in the last minute")]
    [InlineData(-3600, "the wall clock was set back by 3600.0 s in the last minute")]
    [InlineData(0.1, null)]
    public async Task A_clock_that_was_set_is_told_for_a_minute(double seconds, string? words)
    {
        var clock = new ManualClock();
        var wall = new WallClock(clock);
        var health = new ClockHealth(wall);
        using var watch = new ClockWatch(wall, clock, NullLogger<ClockWatch>.Instance);
        await watch.StartAsync(Cancel);
        clock.Advance(TimeSpan.FromSeconds(100));
        Assert.Null(await DegradedAsync(health));

        clock.Set(TimeSpan.FromSeconds(seconds));
        Assert.Equal(words, await DegradedAsync(health));
        clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(words, await DegradedAsync(health));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await DegradedAsync(health));
    }

    private static async Task<string?> DegradedAsync(ClockHealth health)
    {
        var result = await health.CheckHealthAsync(new HealthCheckContext(), Cancel);
        return result.Status == HealthStatus.Degraded ? result.Description : null;
    }

    private static async Task<(HttpStatusCode Status, string Text)> AskAsync(HttpSilo silo)
    {
        using var answer = await silo.Client.GetAsync("/readyz", Cancel);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel));
    }
}
