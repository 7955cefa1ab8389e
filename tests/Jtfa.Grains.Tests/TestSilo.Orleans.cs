#if ORLEANS
using System.Diagnostics;
using Jtfa.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.TestingHost;

namespace Jtfa.Grains.Tests;

// On Orleans the client is a process of its own, in thought at least, and knows the streams by its own configuration; and the clock
// that tests move is the grains' alone. The silo's own work goes by the system's, the pulling agents that deliver streams included.
internal sealed partial class TestSilo
{
    // By the system's clock: how long a grain must be idle to be collected.
    private static readonly TimeSpan s_age = TimeSpan.FromSeconds(1);

    static partial void ConfigureEngine(InProcessTestClusterBuilder builder, ManualClock clock)
    {
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.UseTimeProviderForBackgroundAreas(TimeProvider.System);
            silo.Services.AddKeyedSingleton<TimeProvider>(
                TimeProviderNames.Grains, (services, _) => new GrainsClock(clock, services));
            silo.Services.Configure<StreamPullingAgentOptions>(
                JtfaNames.Streams, options => options.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(10));
        });
        builder.ConfigureClient(client => client.AddMemoryStreams(JtfaNames.Streams));
    }

    // Idleness is told by the system's clock, so time passes by both before the collector is asked to look, and while it looks.
    private static async partial Task CollectAsync(IGrainFactory grains, Func<Task> tick)
    {
        for (var since = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(since) < 2 * s_age;) await tick();
        var collecting = grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(s_age);
        while (!collecting.IsCompleted) await tick();
        await collecting;
    }

    // Orleans' system targets, the pulling agents among them, get their timers from where grains get theirs: on this clock, theirs run
    // on real time. A timer is made on a turn of its owner. What tells whose turn it is itself needs timers, so it is asked for late.
    private sealed class GrainsClock(ManualClock clock, IServiceProvider services) : TimeProvider
    {
        public override long TimestampFrequency => clock.TimestampFrequency;

        public override long GetTimestamp() => clock.GetTimestamp();

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            TimeProvider its = services.GetRequiredService<IGrainContextAccessor>().GrainContext is { } context && !context.GrainId.IsSystemTarget() ? clock : System;
            return its.CreateTimer(callback, state, dueTime, period);
        }
    }
}
#endif
