using Microsoft.Extensions.AI;

namespace Jtfa.Client;

/// <summary>A model that writes: whichever way it is asked, a text is read as it is made, since a whole one may take minutes.</summary>
/// <param name="owner">The client that it is of, which <see cref="GetService"/> also gives.</param>
/// <param name="address">Where the model is; null: in the cluster.</param>
/// <param name="model">The model.</param>
internal abstract class ModelChatClient(ILanguageClient owner, Uri? address, string model) : IChatClient
{
    private readonly ChatClientMetadata _metadata = new("jtfa", address, model);

    /// <summary>The model that is asked unless the options name another.</summary>
    protected string Model => model;

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    public abstract IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Goes on with a text as it stands.</summary>
    public abstract IAsyncEnumerable<ChatResponseUpdate> ContinueAsync(
        string prompt, ChatOptions? options, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        return serviceType.IsInstanceOfType(this) ? this
            : serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType.IsInstanceOfType(owner) ? owner
            : null;
    }

    /// <summary>Does nothing: the connections are the owner's.</summary>
    public void Dispose()
    {
    }
}
