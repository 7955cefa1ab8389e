namespace Orleans.Embedded.Tests;

/// <summary>An actor that keeps something.</summary>
public interface IKeeper : IActor;

/// <summary>An actor whose acts interleave, and that keeps something.</summary>
public interface IReentrantKeeper : IActor;

/// <summary>What keepers keep.</summary>
public sealed class Kept
{
    /// <summary>A number.</summary>
    public int Number { get; set; } = 7;

    /// <summary>Some text.</summary>
    public string? Text { get; set; }

    /// <summary>Some numbers.</summary>
    public List<double> Numbers { get; set; } = [];
}

/// <summary>What both kinds of keeper have.</summary>
public abstract class Keeper(Acts acts, IGrainContext context, IPersistentState<Kept> state, IPersistentState<Kept> same) : Actor(acts, context)
{
    /// <summary>The state.</summary>
    public IPersistentState<Kept> State => state;

    /// <summary>The same state in the storage, read and written apart: as another activation on a cluster that split would.</summary>
    public IPersistentState<Kept> Same => same;
}

/// <summary>Keeps something in the storage that the silo calls <see cref="EngineFixture.Storage"/>.</summary>
public sealed class KeeperGrain(
    Acts acts,
    IGrainContext context,
    [PersistentState("kept", EngineFixture.Storage)] IPersistentState<Kept> state,
    [PersistentState("kept", EngineFixture.Storage)] IPersistentState<Kept> same) : Keeper(acts, context, state, same), IKeeper;

/// <summary>The same, reentrant.</summary>
[Concurrency.Reentrant]
public sealed class ReentrantKeeperGrain(
    Acts acts,
    IGrainContext context,
    [PersistentState("kept", EngineFixture.Storage)] IPersistentState<Kept> state,
    [PersistentState("kept", EngineFixture.Storage)] IPersistentState<Kept> same) : Keeper(acts, context, state, same), IReentrantKeeper;
