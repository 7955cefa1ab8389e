using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Cli.Decisions;

/// <summary>Which decisions are printed.</summary>
/// <param name="Scenes">Of these scenes; empty is all.</param>
/// <param name="Last">The newest so many, where no time is given.</param>
/// <param name="Since">All since then.</param>
/// <param name="Follow">Goes on with new ones.</param>
/// <param name="Cause">Only of this cause.</param>
/// <param name="Pred">Only of this class.</param>
/// <param name="Correct">Only correct, or only wrong ones.</param>
internal sealed record DecisionSelection(
    IReadOnlyList<string> Scenes, int Last, DateTimeOffset? Since, bool Follow, FireCause? Cause, int? Pred, bool? Correct)
{
    /// <summary>Whether a decision has the cause, class and correctness selected.</summary>
    public bool Holds(Decision decision) =>
        (Cause is null || decision.Cause == Cause) && (Pred is null || decision.Pred == Pred)
            && (Correct is null || (decision.Gt >= 0 && decision.Correct == Correct));
}
