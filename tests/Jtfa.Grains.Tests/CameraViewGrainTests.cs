using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Grains.Tests;

public class CameraViewGrainTests
{
    private const int TestTimeout = 60_000;

    internal static readonly CameraConfig Config = new()
    {
        Scene = TestSilo.SceneName,
        Camera = "gate",
        View = 3,
        Source = new FrameSourceConfig
        {
            Kind = FrameSourceKind.Random,
            Seed = 5,
            Transform = new ViewTransform { Crop = new FractionRectangle(0, 0, 0.5, 1) },
        },
        Encoding = TokenEncoding.PsMix,
        RateHz = 12.5,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task A_camera_that_was_never_started_is_idle()
    {
        await using var silo = await TestSilo.StartAsync();

        Assert.Equal(new CameraStatus(), await silo.Camera("gate").GetStatusAsync(Cancellation));
        await silo.Camera("gate").StopAsync(Cancellation);
        Assert.Equal(new CameraStatus(), await silo.Camera("gate").GetStatusAsync(Cancellation));
        Assert.False(silo.Cameras.Started.TryRead(out _));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Start_captures_and_the_status_tells_how_it_goes()
    {
        await using var silo = await TestSilo.StartAsync();
        await silo.Camera("gate").StartAsync(Config, Cancellation);

        var pipeline = await silo.Cameras.Started.ReadAsync(Cancellation);
        pipeline.Status = new CameraStatus { Running = true, Sent = 7, Missed = 2, Bytes = 700, MeanPrepareMs = 1.5 };

        Assert.Equal(Config, pipeline.Config);
        Assert.Equal(pipeline.Status with { Config = Config }, await silo.Camera("gate").GetStatusAsync(Cancellation));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Start_replaces_the_capture_that_runs()
    {
        await using var silo = await TestSilo.StartAsync();
        await silo.Camera("gate").StartAsync(Config, Cancellation);
        var first = await silo.Cameras.Started.ReadAsync(Cancellation);

        await silo.Camera("gate").StartAsync(Config with { RateHz = 30 }, Cancellation);

        var second = await silo.Cameras.Started.ReadAsync(Cancellation);
        Assert.True(first.IsDisposed);
        Assert.False(second.IsDisposed);
        Assert.Equal(30, second.Config.RateHz);
        Assert.Equal(30, (await silo.Camera("gate").GetStatusAsync(Cancellation)).Config?.RateHz);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Stop_ends_the_capture()
    {
        await using var silo = await TestSilo.StartAsync();
        await silo.Camera("gate").StartAsync(Config, Cancellation);
        var pipeline = await silo.Cameras.Started.ReadAsync(Cancellation);

        await silo.Camera("gate").StopAsync(Cancellation);

        Assert.True(pipeline.IsDisposed);
        Assert.Equal(new CameraStatus { Config = Config }, await silo.Camera("gate").GetStatusAsync(Cancellation));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_config_with_faults_is_refused_with_all_of_them_and_changes_nothing()
    {
        await using var silo = await TestSilo.StartAsync();
        await silo.Camera("gate").StartAsync(Config, Cancellation);

        var fault = await Assert.ThrowsAsync<ArgumentException>(
            () => silo.Camera("gate").StartAsync(Config with { RateHz = 0, View = -1, Destination = "nowhere" }, Cancellation));

        foreach (var named in new[] { "RateHz=0", "View=-1", "Destination='nowhere'" })
            Assert.Contains(named, fault.Message, StringComparison.Ordinal);
        Assert.False((await silo.Cameras.Started.ReadAsync(Cancellation)).IsDisposed);
        Assert.Equal(Config, (await silo.Camera("gate").GetStatusAsync(Cancellation)).Config);
        Assert.False(silo.Cameras.Started.TryRead(out _));
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData("attic", "gate")]
    [InlineData(TestSilo.SceneName, "door")]
    public async Task Another_cameraConfig_is_refused(string scene, string camera)
    {
        await using var silo = await TestSilo.StartAsync();

        var fault = await Assert.ThrowsAsync<ArgumentException>(
            () => silo.Camera("gate").StartAsync(Config with { Scene = scene, Camera = camera }, Cancellation));

        Assert.Contains($"'{scene}/{camera}': allowed is '{TestSilo.SceneName}/gate'", fault.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Capture_ends_with_the_activation_and_resumes_with_the_next()
    {
        var storage = new KeptStorage();
        PipelineFake first;
        await using (var silo = await TestSilo.StartAsync(storage: storage))
        {
            await silo.Camera("gate").StartAsync(Config, Cancellation);
            first = await silo.Cameras.Started.ReadAsync(Cancellation);
            Assert.False(first.IsDisposed);
        }

        Assert.True(first.IsDisposed);
        await using var next = await TestSilo.StartAsync(storage: storage);
        var status = await next.Camera("gate").GetStatusAsync(Cancellation);
        Assert.Equal((true, Config), (status.Running, status.Config));
        Assert.Equal(Config, (await next.Cameras.Started.ReadAsync(Cancellation)).Config);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_stopped_camera_stays_stopped_and_keeps_itConfig()
    {
        var storage = new KeptStorage();
        await using (var silo = await TestSilo.StartAsync(storage: storage))
        {
            await silo.Camera("gate").StartAsync(Config, Cancellation);
            await silo.Camera("gate").StopAsync(Cancellation);
        }

        await using var next = await TestSilo.StartAsync(storage: storage);
        Assert.Equal(new CameraStatus { Config = Config }, await next.Camera("gate").GetStatusAsync(Cancellation));
        Assert.False(next.Cameras.Started.TryRead(out _));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_capture_that_broke_is_started_again_and_its_fault_is_shown()
    {
        await using var silo = await TestSilo.StartAsync();
        await silo.Camera("gate").StartAsync(Config, Cancellation);
        var first = await silo.Cameras.Started.ReadAsync(Cancellation);
        first.Break("/dev/video0: no such device");
        var broken = await silo.Camera("gate").GetStatusAsync(Cancellation);

        silo.Advance(1000);

        var second = await silo.Cameras.Started.ReadAsync(Cancellation);
        var again = await silo.Camera("gate").GetStatusAsync(Cancellation);
        Assert.Equal((false, "/dev/video0: no such device"), (broken.Running, broken.Fault));
        Assert.Equal((true, "/dev/video0: no such device"), (again.Running, again.Fault));
        Assert.True(first.IsDisposed);
        Assert.Equal(Config, second.Config);

        second.Break("unplugged");
        silo.Advance(1000);
        await silo.Cameras.Started.ReadAsync(Cancellation);
        Assert.Equal("unplugged", (await silo.Camera("gate").GetStatusAsync(Cancellation)).Fault);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_new_start_clears_the_fault()
    {
        await using var silo = await TestSilo.StartAsync();
        await silo.Camera("gate").StartAsync(Config, Cancellation);
        (await silo.Cameras.Started.ReadAsync(Cancellation)).Break("unplugged");
        silo.Advance(1000);
        await silo.Cameras.Started.ReadAsync(Cancellation);

        await silo.Camera("gate").StartAsync(Config, Cancellation);

        Assert.Null((await silo.Camera("gate").GetStatusAsync(Cancellation)).Fault);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_source_that_is_exhausted_is_not_started_again()
    {
        await using var silo = await TestSilo.StartAsync();
        await silo.Camera("gate").StartAsync(Config, Cancellation);
        (await silo.Cameras.Started.ReadAsync(Cancellation)).Exhaust();

        for (var second = 0; second < 3; second++)
        {
            silo.Advance(1000);

            // Waits its turn behind the watch's.
            Assert.False((await silo.Camera("gate").GetStatusAsync(Cancellation)).Running);
        }

        Assert.False(silo.Cameras.Started.TryRead(out _));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task What_could_not_be_remembered_is_tried_again()
    {
        var storage = new KeptStorage { IsAway = true };
        await using var silo = await TestSilo.StartAsync(storage: storage);
        await Assert.ThrowsAsync<OrleansException>(() => silo.Camera("gate").StartAsync(Config, Cancellation));
        Assert.Equal(new CameraStatus(), await silo.Camera("gate").GetStatusAsync(Cancellation));

        storage.IsAway = false;
        await silo.Camera("gate").StartAsync(Config, Cancellation);
        storage.IsAway = true;
        await Assert.ThrowsAsync<OrleansException>(() => silo.Camera("gate").StopAsync(Cancellation));
        storage.IsAway = false;
        await silo.Camera("gate").StopAsync(Cancellation);

        Assert.True((await silo.Cameras.Started.ReadAsync(Cancellation)).IsDisposed);
        await using var next = await TestSilo.StartAsync(storage: storage);
        Assert.Equal(new CameraStatus { Config = Config }, await next.Camera("gate").GetStatusAsync(Cancellation));
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public async Task Only_a_camera_that_does_not_run_is_collected_when_nobody_asks(bool runs, int activations)
    {
        var storage = new KeptStorage();
        await using var silo = await TestSilo.StartAsync(storage: storage);
        await silo.Camera("gate").StartAsync(Config, Cancellation);
        if (!runs) await silo.Camera("gate").StopAsync(Cancellation);

        await silo.StayIdleAsync(Cancellation);

        await silo.Camera("gate").GetStatusAsync(Cancellation);
        Assert.Equal(activations, storage.ReadsOf("camera"));
    }
}
