#if ORLEANS
using Orleans.Runtime.Placement;

namespace Jtfa.Grains.Tests;

/// <summary>Stands in for the silo's placement of camera views: in tests of the grains any silo will do.</summary>
internal sealed class AnywhereDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context) =>
        Task.FromResult(context.GetCompatibleSilos(target)[0]);
}
#endif
