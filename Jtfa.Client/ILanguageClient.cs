using Jtfa.Interfaces;
using Microsoft.Extensions.AI;

namespace Jtfa.Client;

/// <summary>
/// What an application asks of a JTFA's language models. From anywhere by <see cref="HttpJtfaClient"/>, within a cluster by
/// ClusterJtfaClient (Jtfa.Client.Cluster); both answer and fail alike.
/// </summary>
/// <remarks>
/// Besides what each method says, every one, and what the clients of a model are asked for, throws
/// <see cref="JtfaUnavailableException"/> when nobody answers or the model cannot answer now, <see cref="JtfaUnauthorizedException"/>
/// when the silo wants another token, and <see cref="OperationCanceledException"/> when it is cancelled.
/// </remarks>
public interface ILanguageClient
{
    /// <summary>The models, in the order of configuration, and how each is doing.</summary>
    Task<IReadOnlyList<ModelStatus>> GetModelsAsync(CancellationToken cancellationToken = default);

    /// <summary>How a model is doing.</summary>
    /// <exception cref="JtfaNotFoundException">There is no such model.</exception>
    Task<ModelStatus> GetModelAsync(string model, CancellationToken cancellationToken = default);

    /// <summary>Loads a model, unless it is loaded; completes when it answers, however long that takes.</summary>
    /// <exception cref="JtfaNotFoundException">There is no such model.</exception>
    /// <exception cref="JtfaUnavailableException">It cannot be loaded; the message says why.</exception>
    Task<ModelStatus> LoadModelAsync(string model, CancellationToken cancellationToken = default);

    /// <summary>Ends a model's texts and frees its memory; the next request loads it again.</summary>
    /// <exception cref="JtfaNotFoundException">There is no such model.</exception>
    Task<ModelStatus> UnloadModelAsync(string model, CancellationToken cancellationToken = default);

    /// <summary>A model that writes, for Microsoft.Extensions.AI; nothing is asked yet, and it needs not be disposed.</summary>
    /// <param name="model">The model; another one where <see cref="ChatOptions.ModelId"/> names it.</param>
    /// <remarks>
    /// Of <see cref="ChatOptions"/> it knows all but what silos have nothing for; of <see cref="ChatOptions.AdditionalProperties"/>
    /// <c>min_p</c>, <c>repeat_penalty</c> (numbers), <c>logit_bias</c> (text tokens and numbers), <c>user</c> (a text; pages of equal
    /// prompts are shared among texts of one user) and <c>chat_template_kwargs</c> (variables of the model's template). A text that its
    /// reader cancels, or stops to read, is ended before the model's next step. It throws <see cref="JtfaNotFoundException"/> where there
    /// is no such model, <see cref="JtfaInvalidValueException"/> where an option or a message is not allowed, and
    /// <see cref="JtfaUnavailableException"/> with <see cref="JtfaUnavailableException.RetryAfter"/> where as many texts run and wait as
    /// may, also after the retries.
    /// </remarks>
    IChatClient GetChatClient(string model);

    /// <summary>
    /// Has a model go on with a text as it stands, without a chat template; pieces come as they are made, and with the last what it cost.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="prompt">What the text goes on after; names of special tokens are such tokens.</param>
    /// <param name="options">As <see cref="GetChatClient"/> knows them, but for tools and instructions, which a conversation has.</param>
    /// <param name="cancellationToken">Ends the text before the model's next step.</param>
    /// <exception cref="JtfaNotFoundException">There is no such model.</exception>
    /// <exception cref="JtfaInvalidValueException">An option or the prompt is not allowed.</exception>
    IAsyncEnumerable<ChatResponseUpdate> ContinueAsync(
        string model, string prompt, ChatOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>A model that gives embeddings, for Microsoft.Extensions.AI; nothing is asked yet, and it needs not be disposed.</summary>
    /// <param name="model">The model; another one where <see cref="EmbeddingGenerationOptions.ModelId"/> names it.</param>
    /// <remarks>
    /// Each vector has the length 1. It throws <see cref="JtfaNotFoundException"/> where there is no such model, and
    /// <see cref="JtfaInvalidValueException"/> where it gives none, or a text is too long.
    /// </remarks>
    IEmbeddingGenerator<string, Embedding<float>> GetEmbeddingGenerator(string model);
}
