using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>The language models of this silo: implemented by the silo. What takes time takes none of the caller's turn.</summary>
public interface ILanguageModels
{
    /// <summary>How a model is doing; null where the configuration does not name it.</summary>
    ModelStatus? StatusOf(string model);

    /// <summary>The plan by which a model computes now; null while it is not loaded.</summary>
    PlanInForce? PlanOf(string model);

    /// <summary>Loads a model, unless it is loaded; completes when it answers or has failed.</summary>
    Task LoadAsync(string model, CancellationToken cancellationToken);

    /// <summary>Ends a model's texts and frees its memory.</summary>
    Task UnloadAsync(string model, CancellationToken cancellationToken);

    /// <summary>
    /// Asks for a text, and loads the model where it is not loaded. Where the text is to be kept, its request is in the database when this
    /// completes.
    /// </summary>
    /// <param name="id">The text's name, for its row in the database.</param>
    /// <param name="request">The text.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>What became of it, and the text where it is served.</returns>
    Task<(TextStart Start, ServedText? Text)> SubmitAsync(string id, TextRequest request, CancellationToken cancellationToken);

    /// <summary>Makes a text again that is kept, as where its silo has died.</summary>
    /// <param name="id">The text's name.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>What became of it, how long it is kept, and the text where it is served; null: no such text is kept.</returns>
    Task<(TextStart Start, TimeSpan Keep, ServedText? Text)?> ResumeAsync(string id, CancellationToken cancellationToken);

    /// <summary>Keeps a text for so long from now on. A database that is away is logged, and the text goes on.</summary>
    Task KeepAsync(string id, TimeSpan time);

    /// <summary>Keeps a text no more. A database that is away is logged; the text is then forgotten later.</summary>
    Task ForgetAsync(string id);

    /// <summary>The text tokens of a text.</summary>
    Task<Tokenized> TokenizeAsync(
        string model, string text, bool addSpecial, bool parseSpecial, CancellationToken cancellationToken);

    /// <summary>What text tokens say.</summary>
    Task<Detokenized> DetokenizeAsync(string model, int[] tokens, CancellationToken cancellationToken);

    /// <summary>The vectors of texts.</summary>
    Task<Embedded> EmbedAsync(string model, string[] texts, CancellationToken cancellationToken);
}
