namespace Jtfa.Experiments.Runs;

/// <summary>A run to be made: what is done without stopping in between, whatever number of cells it measures.</summary>
/// <param name="Set">The set of experiments that makes it: its place among <see cref="RunStore"/>'s files.</param>
/// <param name="Cell">What distinguishes it within its set, as a file may be called.</param>
/// <param name="Repeat">Which repeat, from 0.</param>
/// <param name="Seed">The repeat's seed.</param>
/// <param name="Estimate">How long it is likely to take, for the time left.</param>
public sealed record PlannedRun(string Set, string Cell, int Repeat, ulong Seed, TimeSpan Estimate)
{
    /// <summary>Its name, of which there is one in a plan.</summary>
    public string Name => $"{Set}-{Cell}-{Repeat}";
}
