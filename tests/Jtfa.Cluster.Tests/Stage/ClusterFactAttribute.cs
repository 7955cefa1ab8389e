using System.Runtime.CompilerServices;

namespace Jtfa.Cluster.Tests.Stage;

/// <summary>A test that takes more than one silo: it runs where the build has Orleans, and is counted as skipped where it has not.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ClusterFactAttribute : FactAttribute
{
    /// <summary>A test; the compiler says where it is.</summary>
    public ClusterFactAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber)
    {
#if !ORLEANS
        Skip = "needs the Orleans engine; its packages were not restored (docs/engine.md)";
#endif
    }
}
