#if ORLEANS
using Jtfa.Interfaces;

namespace Jtfa.Silo.Ingress;

/// <summary>
/// Makes references to windows, one for each call of the gateway. Orleans finds the grain type of an interface by reflection each time
/// that it is asked by the interface; asked by the type it does not (docs/cluster.md).
/// </summary>
internal sealed class WindowReferences
{
    private readonly IGrainFactory _grains;
    private readonly Lazy<(GrainType Grain, GrainInterfaceType Interface)?> _type;

    public WindowReferences(IGrainFactory grains)
    {
        _grains = grains;
        _type = new(() => grains.GetGrain<IFusionWindowGrain>("/0") is GrainReference any ? (any.GrainId.Type, any.InterfaceType) : null);
    }

    /// <summary>The window of a key.</summary>
    public IFusionWindowGrain Window(string key) => _type.Value is var (grain, type)
        ? (IFusionWindowGrain)_grains.GetGrain(GrainId.Create(grain, key), type)
        : _grains.GetGrain<IFusionWindowGrain>(key); // a factory of somebody's own, whose windows are no references of Orleans'
}
#endif
