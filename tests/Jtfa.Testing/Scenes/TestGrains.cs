using Jtfa.Core;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime.Placement;

namespace Jtfa.Testing.Scenes;

/// <summary>What a silo of tests runs.</summary>
internal static class TestGrains
{
    /// <summary>Adds the grains and one scene, with a log and cameras that are not there. The caller adds a storage for states.</summary>
    public static void AddTestGrains(
        this ISiloBuilder silo, SceneOptions scene, IDecisionLog log, CameraPipelinesFake cameras, TimeProvider clock, bool isAlone = true)
    {
        silo.AddMemoryGrainStorage("PubSubStore");
        var state = isAlone ? StreamLifecycleOptions.RunState.AgentsStopped : StreamLifecycleOptions.RunState.AgentsStarted;
        silo.AddMemoryStreams(JtfaNames.Streams, streams => streams.ConfigureLifecycle(
            lifecycle => lifecycle.Configure(options => options.StartupState = state)));
        silo.Configure<ScenesOptions>(options => options.Scenes.Add(scene));
        silo.Services.AddSingleton(services => new SceneCatalog(services.GetRequiredService<IOptions<ScenesOptions>>().Value.Scenes.Select(
            configured => new SceneDefinition(configured.Name, configured.ToPolicy(), SampleHead.Head, SampleHead.ClassNames)
            {
                ViewNames = configured.ViewNames,
            })));
        silo.Services.AddSingleton<LocalActivations>();
        silo.Services.AddSingleton(_ => new StreamAgents(alwaysRead: !isAlone));
        silo.Services.AddSingleton(clock);
        silo.Services.AddSingleton<WallClock>();
        silo.Services.AddSingleton(log);
        silo.Services.AddSingleton<ICameraPipelines>(cameras);
        silo.Services.AddSingleton(cameras.Catalog);
        silo.AddPlacementDirector<CameraOwnerPlacement, CallersSilo>();
    }

    // Which silo owns which camera is the host's to know; here a camera comes up where it is called from.
    private sealed class CallersSilo : IPlacementDirector
    {
        public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context) =>
            Task.FromResult(context.LocalSilo);
    }
}
