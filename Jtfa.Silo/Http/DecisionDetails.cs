using Jtfa.Interfaces;

namespace Jtfa.Silo.Http;

/// <summary>Asks a scene's lanes how their last decisions came about.</summary>
internal static class DecisionDetails
{
    /// <summary>The details of those of some decisions whose lanes still remember them.</summary>
    /// <param name="grains">This silo's.</param>
    /// <param name="scene">The scene.</param>
    /// <param name="routing">Its routing. Decisions of a policy with other lanes may not be found.</param>
    /// <param name="decisions">The decisions.</param>
    /// <param name="withVectors">Whether with the tokens themselves.</param>
    public static async Task<DecisionDetail[]> GetDetailsAsync(
        this IGrainFactory grains, string scene, SceneRouting routing, IEnumerable<DecisionKey> decisions, bool withVectors = false)
    {
        var asked = decisions.GroupBy(decision => ScenePolicy.LaneOf(decision.Id, routing.Current.Lanes))
            .Select(lane => grains.GetGrain<IFusionWindowGrain>($"{scene}/{lane.Key}").GetDetailsAsync([.. lane], withVectors));
        return [.. (await Task.WhenAll(asked)).SelectMany(details => details)];
    }
}
