using Orleans.Concurrency;

namespace Jtfa.Interfaces;

/// <summary>One text that a language model writes. Key: <c>model/request</c>; it is on the silo that has the model.</summary>
[Alias("Jtfa.IGenerationGrain")]
[ForClients]
public interface IGenerationGrain : IGrainWithStringKey
{
    /// <summary>Asks for the text. A reader then calls <see cref="RenewAsync"/> again and again until it has read all.</summary>
    [Alias("Start")]
    [AlwaysInterleave]
    [ResponseTimeout(JtfaNames.LoadingTimeout)]
    Task<TextStart> StartAsync(TextRequest request, CancellationToken cancellationToken = default);

    /// <summary>Reads the text as it is made. A text that is not kept ends when its reader stops reading.</summary>
    /// <param name="from">Pieces to leave out: those that were read before.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    [Alias("Read")]
    [AlwaysInterleave]
    IAsyncEnumerable<TextPiece> ReadAsync(int from = 0, CancellationToken cancellationToken = default);

    /// <summary>
    /// Says that the reader is still there. A text without a reader for <see cref="GenerationReading.Lease"/> is given up, unless it is
    /// kept.
    /// </summary>
    /// <returns>Whether the text is known.</returns>
    [Alias("Renew")]
    [AlwaysInterleave]
    Task<bool> RenewAsync();

    /// <summary>Ends the text before the model's next step, which frees its pages.</summary>
    [Alias("Cancel")]
    [AlwaysInterleave]
    Task CancelAsync();
}
