using System.Runtime.CompilerServices;
using Jtfa.Interfaces;

namespace Jtfa.Client;

/// <summary>Reads what a query asks for page by page: the next is asked for when the one before has been read.</summary>
internal static class DecisionPages
{
    public static async IAsyncEnumerable<Decision> ReadAsync(
        DecisionQuery query, Func<DecisionQuery, CancellationToken, Task<DecisionPage>> ask,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        for (DecisionQuery? next = query; next is not null;)
        {
            var page = await ask(next, cancellationToken);
            foreach (var decision in page.Decisions)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return decision;
            }

            next = page.Next is { } cursor ? query with { Cursor = cursor } : null;
        }
    }
}
