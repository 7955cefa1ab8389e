using System.Runtime.CompilerServices;

namespace Jtfa.Interfaces;

/// <summary>Reads texts of generation grains.</summary>
public static class GenerationReading
{
    /// <summary>How long a text goes on without a word of its reader.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan s_renewal = TimeSpan.FromSeconds(1);

    /// <summary>Reads a text, and says all the while that its reader is there, however slowly it reads.</summary>
    /// <param name="generation">The text, which was started.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="from">Pieces to leave out: those that were read before.</param>
    /// <param name="cancellationToken">Stops reading; a text that is not kept ends then.</param>
    public static async IAsyncEnumerable<TextPiece> ReadAllAsync(
        this IGenerationGrain generation, TimeProvider clock, int from = 0,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(generation);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var renewing = RenewAsync(generation, clock, end.Token);
        try
        {
            await foreach (var piece in generation.ReadAsync(from, cancellationToken).WithCancellation(cancellationToken))
                yield return piece;
        }
        finally
        {
            await end.CancelAsync();
            await renewing;
        }
    }

    private static async Task RenewAsync(IGenerationGrain generation, TimeProvider clock, CancellationToken end)
    {
        using var timer = new PeriodicTimer(s_renewal, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(end))
                if (!await generation.RenewAsync().WaitAsync(end)) return;
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The text is read.
        }
        catch (Exception fault) when (GrainCalls.IsAway(fault))
        {
            // Whoever reads is told by the read itself.
        }
    }
}
