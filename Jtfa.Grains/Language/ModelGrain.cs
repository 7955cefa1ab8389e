using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>One language model of this silo.</summary>
[ModelPlacement]
public sealed class ModelGrain(ILanguageModels models) : Grain, IModelGrain
{
    private string Model => this.GetPrimaryKeyString();

    /// <inheritdoc />
    public Task<ModelStatus?> GetStatusAsync(CancellationToken cancellationToken) => Task.FromResult(Status());

    /// <inheritdoc />
    public async Task<ModelStatus?> LoadAsync(CancellationToken cancellationToken)
    {
        await models.LoadAsync(Model, cancellationToken);
        return Status();
    }

    /// <inheritdoc />
    public async Task<ModelStatus?> UnloadAsync(CancellationToken cancellationToken)
    {
        await models.UnloadAsync(Model, cancellationToken);
        return Status();
    }

    /// <inheritdoc />
    public Task<Tokenized> TokenizeAsync(string text, bool addSpecial, bool parseSpecial, CancellationToken cancellationToken)
    {
        LeaveIfUnknown();
        return models.TokenizeAsync(Model, text, addSpecial, parseSpecial, cancellationToken);
    }

    /// <inheritdoc />
    public Task<Detokenized> DetokenizeAsync(int[] tokens, CancellationToken cancellationToken)
    {
        LeaveIfUnknown();
        return models.DetokenizeAsync(Model, tokens, cancellationToken);
    }

    /// <inheritdoc />
    public Task<Embedded> EmbedAsync(string[] texts, CancellationToken cancellationToken)
    {
        LeaveIfUnknown();
        return models.EmbedAsync(Model, texts, cancellationToken);
    }

    private ModelStatus? Status()
    {
        LeaveIfUnknown();
        return models.StatusOf(Model);
    }

    // It was placed while no silo had the model: the next call looks for one again.
    private void LeaveIfUnknown()
    {
        if (models.StatusOf(Model) is null) DeactivateOnIdle();
    }
}
