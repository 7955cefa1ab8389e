using Orleans.Storage;

namespace Orleans.Embedded.Tests;

/// <summary>A storage that holds nothing and takes nothing.</summary>
public sealed class BrokenStorage : IGrainStorage
{
    /// <summary>Its name.</summary>
    public const string Name = "broken";

    /// <inheritdoc />
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        grainId.ToString().EndsWith("unreadable", StringComparison.Ordinal) ? throw new IOException("out of order") : Task.CompletedTask;

    /// <inheritdoc />
    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => throw new IOException("out of order");

    /// <inheritdoc />
    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => throw new IOException("out of order");
}

/// <summary>An actor that cannot keep anything.</summary>
public interface IForgetfulActor : IActor;

/// <summary>Keeps its state in <see cref="BrokenStorage"/>.</summary>
public sealed class ForgetfulActorGrain(
    Acts acts,
    IGrainContext context,
    [PersistentState("kept", BrokenStorage.Name)] IPersistentState<Kept> state,
    [PersistentState("same", BrokenStorage.Name)] IPersistentState<Kept> same) : Keeper(acts, context, state, same), IForgetfulActor;
