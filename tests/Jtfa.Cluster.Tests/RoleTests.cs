using System.Diagnostics;
using Jtfa.Cluster.Tests.Processes;
using Jtfa.Interfaces;

namespace Jtfa.Cluster.Tests;

/// <summary>What runs where, with real silos: camera views where they are declared, windows and scenes on fusion silos only.</summary>
public sealed class RoleTests
{
    private const int TestTimeout = 180_000;

    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task Camera_views_run_on_the_silo_that_declares_them_and_windows_and_scenes_on_no_camera_silo()
    {
        await using var stage = await ClusterStage.StartAsync(new ClusterPlan { FusionSilos = 2, Scenes = 2, RateHz = 20 });
        stage.Client.Follow(stage.Cluster.Plan.SceneNames);
        await stage.Client.Heard.AllDecideAfterAsync([.. stage.Cluster.Plan.SceneNames], 0, s_deadline);

        var active = await stage.Client.ActiveGrainsAsync();
        foreach (var (camera, silo) in stage.Cluster.Cameras.Index())
        {
            Assert.Equal(
                ["yard-0/view-" + camera, "yard-0/view-" + (camera + 2), "yard-1/view-" + camera, "yard-1/view-" + (camera + 2)],
                active.Where(grain => grain.Type == "cameraview" && grain.SiloPort == silo.SiloPort).Select(grain => grain.Key).Order());
        }

        int[] fusion = [.. stage.Cluster.Fusion.Select(silo => silo.SiloPort)];
        Assert.Equal(["yard-0", "yard-1"], active.Where(grain => grain.Type == "scene").Select(grain => grain.Key).Order());
        Assert.All(active.Where(grain => grain.Type is "scene" or "fusionwindow"), grain => Assert.Contains(grain.SiloPort, fusion));
        Assert.Contains(active, grain => grain.Type == "fusionwindow");
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_view_that_no_silo_has_is_refused_at_once_and_one_that_was_stopped_stays_so_until_it_is_started()
    {
        await using var stage = await ClusterStage.StartAsync(
            new ClusterPlan { FusionSilos = 1, CameraSilos = 1, Scenes = 1, RateHz = 20 });
        var client = stage.Client.Jtfa;
        var camera = Assert.Single(stage.Cluster.Cameras);
        var asked = Stopwatch.StartNew();
        var refusal = await Assert.ThrowsAsync<CameraUnavailableException>(() => client.StartCameraAsync("yard-0", "roof", Cancellation));
        Assert.InRange(asked.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        foreach (var named in new[] { "'yard-0/roof'", "Jtfa:Cameras", $"127.0.0.1:{camera.SiloPort} with yard-0/view-0, yard-0/view-1" })
            Assert.Contains(named, refusal.Message, StringComparison.Ordinal);

        await client.StopCameraAsync("yard-0", "view-1", Cancellation);
        await camera.KillAsync();
        await ClusterStage.UntilAsync(
            async () => await FaultOfAsync(() => client.GetCameraAsync("yard-0", "view-1", Cancellation)) is CameraUnavailableException);
        await camera.StartAsync();
        await ClusterStage.UntilAsync(
            async () => await FaultOfAsync(() => client.GetCameraAsync("yard-0", "view-1", Cancellation)) is null);
        Assert.False((await client.GetCameraAsync("yard-0", "view-1", Cancellation)).Running);
        Assert.True((await client.GetCameraAsync("yard-0", "view-0", Cancellation)).Running);

        await client.StartCameraAsync("yard-0", "view-1", Cancellation);
        var status = await client.GetCameraAsync("yard-0", "view-1", Cancellation);
        Assert.Equal((true, 20.0, 1), (status.Running, status.Config!.RateHz, status.Config.View));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Tokens_of_one_decision_that_come_to_different_gateways_meet_in_one_window()
    {
        await using var stage = await ClusterStage.StartAsync(
            new ClusterPlan { FusionSilos = 2, CameraSilos = 0, Scenes = 1, RateHz = 2, K = 4, T = 5_000 });
        stage.Client.Follow(["yard-0"]);
        using var one = new TokenSocket(stage.Cluster.Fusion[0].UdpPort);
        using var other = new TokenSocket(stage.Cluster.Fusion[1].UdpPort);
        for (var decision = 0; decision < 20; decision++)
        {
            // At the centre of a window, so that none of the four falls to its neighbour.
            var moment = Math.Round(TokenSocket.Now * 2) / 2;
            for (var view = 0; view < 4; view++) (view % 2 == 0 ? one : other).Send(0, view, label: 1, timestamp: moment);
            await Task.Delay(500, Cancellation);
        }

        await ClusterStage.UntilAsync(() => Task.FromResult(stage.Client.Heard.Of("yard-0").Count >= 18));
        var decided = await stage.Client.Jtfa.GetRecentAsync("yard-0", 100, Cancellation);
        Assert.All(decided, decision => Assert.Equal((4, Core.FireCause.K), (decision.M, decision.Cause)));
        var heard = stage.Client.Heard.Of("yard-0").Select(heard => heard.Decision).TakeLast(decided.Length);
        Assert.Equal(decided.Select(decision => decision.Id), heard);
    }

    private static async Task<Exception?> FaultOfAsync(Func<Task> call)
    {
        try
        {
            await call();
            return null;
        }
        catch (Exception fault) when (!Cancellation.IsCancellationRequested)
        {
            return fault;
        }
    }
}
