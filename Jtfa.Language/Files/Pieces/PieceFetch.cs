using System.Collections.Concurrent;

namespace Jtfa.Language.Files.Pieces;

/// <summary>Somebody who has pieces of a file.</summary>
/// <param name="Name">Its name, for messages.</param>
/// <param name="ReadAsync">Asks it for a piece.</param>
public sealed record PieceSource(string Name, Func<int, CancellationToken, Task<ReadOnlyMemory<byte>>> ReadAsync);

/// <summary>
/// Fetches pieces of a file from all that have them: a few calls to each under way, so that a fast one gives more than a slow one. A source
/// that fails or gives other bytes is left, and others give what it did not. Never more is in memory than the calls under way bring.
/// </summary>
/// <param name="file">Takes the pieces.</param>
/// <param name="atOnce">Calls that are under way to each source.</param>
/// <param name="onLeft">Is told of a source that is left, and why.</param>
public sealed class PieceFetch(PartialModelFile file, int atOnce, Action<PieceSource, string> onLeft)
{
    /// <summary>Fetches those of some pieces that are missing. What was fetched stays, however this ends.</summary>
    /// <param name="pieces">The pieces.</param>
    /// <param name="sources">Who has them.</param>
    /// <param name="progress">Is told how many are there; null: nobody is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ModelFileException">All sources were left before all pieces were there, or the disk is full.</exception>
    public async Task RunAsync(
        IReadOnlyList<int> pieces, IReadOnlyList<PieceSource> sources, IProgress<WorkProgress>? progress,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        ArgumentNullException.ThrowIfNull(sources);
        var (missing, good) = (new ConcurrentQueue<int>(file.Missing(pieces)), sources.ToHashSet());
        var left = missing.Count;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        // Whoever finds the queue empty ends, and a call that is under way may still bring its piece back.
        while (!missing.IsEmpty && good.Count > 0)
        {
            PieceSource[] asked = [.. good];
            await Task.WhenAll(asked.SelectMany(source => Enumerable.Range(0, atOnce).Select(_ => TakeAsync(source))));
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (missing.IsEmpty) return;
        throw new ModelFileException(
            file.Path, $"{missing.Count} pieces are missing, and no silo gives them any more: see why in the log, then ask again");

        async Task TakeAsync(PieceSource source)
        {
            while (IsGood(source) && missing.TryDequeue(out var piece))
            {
                string fault;
                try
                {
                    var bytes = await source.ReadAsync(piece, stop.Token).ConfigureAwait(false);
                    if (file.Write(piece, bytes.Span))
                    {
                        progress?.Report(new("fetching the model", pieces.Count - Interlocked.Decrement(ref left), pieces.Count));
                        continue;
                    }

                    fault = $"piece {piece} is another one there";
                }
                catch (ModelFileException)
                {
                    await stop.CancelAsync(); // the disk: no other source helps
                    throw;
                }
                catch (OperationCanceledException) when (stop.IsCancellationRequested)
                {
                    missing.Enqueue(piece);
                    stop.Token.ThrowIfCancellationRequested();
                    return;
                }
                catch (Exception failed)
                {
                    fault = failed.Message.ReplaceLineEndings(" ");
                }

                missing.Enqueue(piece);
                if (Leave(source)) onLeft(source, fault);
            }
        }

        bool IsGood(PieceSource source)
        {
            lock (good) return good.Contains(source);
        }

        bool Leave(PieceSource source)
        {
            lock (good) return good.Remove(source);
        }
    }
}
