namespace Jtfa.Language.Rings;

/// <summary>
/// The stages of a model after its starter, wherever they are. Batches of an epoch go through them in the order of their numbers; what
/// stages hold is lost with the epoch. From whichever thread; no member waits.
/// </summary>
public interface IRing
{
    /// <summary>The model's stages, the starter among them: as many batches are on their way at once.</summary>
    int Stages { get; }

    /// <summary>How hidden states are written.</summary>
    StateFormat Format { get; }

    /// <summary>The epoch, from 1; null while a stage is missing. A later one has other stages, or the same with nothing in them.</summary>
    int? Epoch { get; }

    /// <summary>Begins to look for its stages.</summary>
    /// <param name="wake">Is called when the epoch has changed, and when something came back.</param>
    void Start(Action wake);

    /// <summary>Sends a batch on its way; one of an epoch that is over goes nowhere.</summary>
    /// <param name="epoch">The epoch that it was made for.</param>
    /// <param name="number">Its number in the epoch, from 1, without gaps.</param>
    /// <param name="batch">The batch, which does not change any more.</param>
    void Send(int epoch, long number, byte[] batch);

    /// <summary>Takes what the last stage gave back of a batch; it may be of an epoch that is over.</summary>
    bool TryTake(out byte[] states);

    /// <summary>Ends an epoch, since what came back is no answer.</summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="fault">Why, one line.</param>
    void Lose(int epoch, string fault);
}
