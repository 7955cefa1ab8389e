using System.Runtime.CompilerServices;
using Jtfa.Interfaces;
using Jtfa.Silo.Decisions;

namespace Jtfa.Cli.Decisions;

/// <summary>Reads decisions from a log, without a silo.</summary>
internal sealed class LogDecisions(DecisionReader reader, DecisionSelection selection)
{
    private readonly string? _scene = selection.Scenes.Count > 0 ? selection.Scenes[0] : null;

    /// <summary>The decisions selected, oldest first.</summary>
    /// <exception cref="DecisionLogException">There is no log, or it cannot be read; the message names it.</exception>
    public async IAsyncEnumerable<Decision> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!selection.Follow && selection.Since is null)
        {
            foreach (var decision in await reader.LastAsync(selection.Last, _scene, cancellationToken)) yield return decision;
            yield break;
        }

        var decisions = selection.Since is { } from
            ? reader.SinceAsync(from, _scene, cancellationToken)
            : reader.FollowAsync(selection.Last, _scene, cancellationToken);
        await foreach (var decision in decisions) yield return decision;
    }
}
