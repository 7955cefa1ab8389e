using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>One language model of this silo.</summary>
[ModelPlacement]
public sealed class ModelGrain(ILanguageModels models) : Grain, IModelGrain
{
    private string Model => this.GetPrimaryKeyString();

    /// <inheritdoc />
    public Task<ModelStatus?> GetStatusAsync(CancellationToken cancellationToken) => Task.FromResult(models.StatusOf(Model));

    /// <inheritdoc />
    public async Task<ModelStatus?> LoadAsync(CancellationToken cancellationToken)
    {
        await models.LoadAsync(Model, cancellationToken);
        return models.StatusOf(Model);
    }

    /// <inheritdoc />
    public async Task<ModelStatus?> UnloadAsync(CancellationToken cancellationToken)
    {
        await models.UnloadAsync(Model, cancellationToken);
        return models.StatusOf(Model);
    }

    /// <inheritdoc />
    public Task<Tokenized> TokenizeAsync(string text, bool addSpecial, bool parseSpecial, CancellationToken cancellationToken) =>
        models.TokenizeAsync(Model, text, addSpecial, parseSpecial, cancellationToken);

    /// <inheritdoc />
    public Task<Detokenized> DetokenizeAsync(int[] tokens, CancellationToken cancellationToken) =>
        models.DetokenizeAsync(Model, tokens, cancellationToken);

    /// <inheritdoc />
    public Task<Embedded> EmbedAsync(string[] texts, CancellationToken cancellationToken) =>
        models.EmbedAsync(Model, texts, cancellationToken);
}
