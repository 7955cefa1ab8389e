namespace Jtfa.Experiments.Results;

/// <summary>
/// What one run of one cell of an experiment came to: one line of the raw CSV. Cells are told apart by their factors; the runs of a cell
/// are its repeats, each with a seed of its own, which cells share, so that they can be compared run by run.
/// </summary>
/// <param name="Experiment">One of <see cref="ExperimentNames"/>.</param>
/// <param name="Factors">What was set, by <see cref="FactorNames"/>, as text: profile=wifi-busy, K=3.</param>
/// <param name="Repeat">Which repeat, from 0.</param>
/// <param name="Seed">The repeat's seed.</param>
/// <param name="Values">What was measured, by <see cref="ValueNames"/>; what a run could not measure is absent, never 0 or NaN.</param>
public sealed record RunResult(
    string Experiment, IReadOnlyDictionary<string, string> Factors, int Repeat, ulong Seed, IReadOnlyDictionary<string, double> Values);
