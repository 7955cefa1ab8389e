using System.Runtime.CompilerServices;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Http.OpenAI;

/// <summary>Keeps a stream alive while its text says nothing, as where a long prompt is read or the call of a tool is not whole.</summary>
internal static class Beats
{
    /// <summary>Hands pieces on as they come, and writes a heartbeat at least as often as a stream needs one.</summary>
    /// <param name="pieces">The text.</param>
    /// <param name="events">The stream, which whoever reads these pieces writes in between.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="stop">Stops it.</param>
    public static async IAsyncEnumerable<TextPiece> BeatingAsync(
        this IAsyncEnumerable<TextPiece> pieces, EventStream events, TimeProvider clock, [EnumeratorCancellation] CancellationToken stop)
    {
        using var timer = new PeriodicTimer(EventStream.Heartbeat, clock);
        var beat = timer.WaitForNextTickAsync(stop).AsTask();
        await using var reading = pieces.GetAsyncEnumerator(stop);
        var next = Task.FromResult(true);
        try
        {
            while (true)
            {
                next = reading.MoveNextAsync().AsTask();
                while (beat.IsCompleted || await Task.WhenAny(next, beat) == beat)
                {
                    await beat;
                    await events.BeatAsync(stop);
                    beat = timer.WaitForNextTickAsync(stop).AsTask();
                }

                if (!await next) yield break;
                yield return reading.Current;
            }
        }
        finally
        {
            // An enumerator that is asked for a piece may not be disposed.
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
