#if ORLEANS
using Orleans.Runtime.Placement;

namespace Jtfa.Grains.Tests;

// Which silo owns which camera is the host's to know; here a camera comes up where it is called from.
internal static partial class TestGrains
{
    static partial void AddPlacement(ISiloBuilder silo) => silo.AddPlacementDirector<CameraOwnerPlacement, CallersSilo>();

    private sealed class CallersSilo : IPlacementDirector
    {
        public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context) =>
            Task.FromResult(context.LocalSilo);
    }
}
#endif
