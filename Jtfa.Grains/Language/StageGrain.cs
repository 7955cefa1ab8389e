using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>A stage of a language model. It computes on threads of its silo, never on a turn.</summary>
[NamedSiloPlacement]
public sealed class StageGrain(ILanguageStages stages) : Grain, IStageGrain
{
    private string Stage => this.GetPrimaryKeyString();

    /// <inheritdoc />
    public Task<StageStatus> OpenAsync(StageOpening opening, IRingObserver starter) =>
        Task.FromResult(stages.Open(Stage, opening, starter));

    /// <inheritdoc />
    public Task PassAsync(byte[] batch)
    {
        stages.Take(Stage, batch);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task<StageStatus?> GetStatusAsync() => Task.FromResult(stages.StatusOf(Stage));

    /// <inheritdoc />
    public Task CloseAsync()
    {
        stages.Close(Stage);
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}
