#if ORLEANS
using Jtfa.Interfaces;

namespace Jtfa.Silo;

/// <summary>Where policies set at run time and cameras' configurations are kept.</summary>
internal static class GrainStateStorage
{
    /// <summary>
    /// In memory: they last as long as the silo. Orleans' ADO.NET storage wants tables and queries of its own in the database, which
    /// <c>sql/</c> does not have yet (docs/engine.md).
    /// </summary>
    public static void AddGrainStateStorage(this ISiloBuilder silo) => silo.AddMemoryGrainStorage(JtfaNames.Storage);
}
#endif
