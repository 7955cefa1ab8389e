using Jtfa.Interfaces;
using Microsoft.Extensions.DependencyInjection;

namespace Jtfa.Grains.Tests;

/// <summary>What a silo of tests runs.</summary>
internal static partial class TestGrains
{
    /// <summary>Adds the grains and one scene, with a log and cameras that are not there. The caller adds a storage for states.</summary>
    public static void AddTestGrains(this ISiloBuilder silo, SceneOptions scene, IDecisionLog log, ICameraPipelines cameras, TimeProvider clock)
    {
        silo.AddMemoryGrainStorage("PubSubStore");
        silo.AddMemoryStreams(JtfaNames.Streams);
        silo.Configure<ScenesOptions>(options => options.Scenes.Add(scene));
        silo.Services.AddSingleton<SceneCatalog>();
        silo.Services.AddSingleton(clock);
        silo.Services.AddSingleton(log);
        silo.Services.AddSingleton(cameras);
        AddPlacement(silo);
    }

    static partial void AddPlacement(ISiloBuilder silo);
}
