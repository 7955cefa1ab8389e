#if !ORLEANS
using Jtfa.Interfaces;

namespace Jtfa.Silo.Ingress;

/// <summary>Makes references to windows, one for each call of the gateway.</summary>
internal sealed class WindowReferences(IGrainFactory grains)
{
    /// <summary>The window of a key.</summary>
    public IFusionWindowGrain Window(string key) => grains.GetGrain<IFusionWindowGrain>(key);
}
#endif
