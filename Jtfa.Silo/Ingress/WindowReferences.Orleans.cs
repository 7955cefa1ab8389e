#if ORLEANS
using Jtfa.Interfaces;

namespace Jtfa.Silo.Ingress;

/// <summary>
/// Makes references to windows, one for each call of the gateway. Orleans finds the grain type of an interface by reflection each time
/// that it is asked by the interface; asked by the type it does not (docs/performance.md).
/// </summary>
internal sealed class WindowReferences
{
    private readonly IGrainFactory _grains;
    private readonly Lazy<(GrainType Grain, GrainInterfaceType Interface)> _type;

    public WindowReferences(IGrainFactory grains)
    {
        _grains = grains;
        _type = new(() =>
        {
            var any = (GrainReference)grains.GetGrain<IFusionWindowGrain>("/0");
            return (any.GrainId.Type, any.InterfaceType);
        });
    }

    /// <summary>The window of a key.</summary>
    public IFusionWindowGrain Window(string key)
    {
        var (grain, type) = _type.Value;
        return (IFusionWindowGrain)_grains.GetGrain(GrainId.Create(grain, key), type);
    }
}
#endif
