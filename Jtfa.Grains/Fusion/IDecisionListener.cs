using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>
/// Hears on its silo what scenes publish while they live there. Of a cluster's silos that is one for each scene, so that whatever is told
/// outside is told once.
/// </summary>
public interface IDecisionListener
{
    /// <summary>Takes decisions, in the order of the log; it neither waits nor throws. The list is used again after the call.</summary>
    void Take(IReadOnlyList<Decision> decisions);
}
