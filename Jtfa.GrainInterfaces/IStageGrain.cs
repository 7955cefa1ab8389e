using Orleans.Concurrency;

namespace Jtfa.Interfaces;

/// <summary>
/// A stage of a language model after its starter: a run of its blocks, and the keys and values of all texts there. Key:
/// <c>model/instance/stage/silo</c>, where the instance is the starter's silo, and the silo is the stage's own. What it holds can be lost
/// at any time: the starter computes it anew.
/// </summary>
[Alias("Jtfa.IStageGrain")]
public interface IStageGrain : IGrainWithStringKey
{
    /// <summary>
    /// Begins an epoch, once the blocks are in memory; they are loaded where they are not. To be called again until it is ready.
    /// </summary>
    /// <param name="opening">What is to be computed.</param>
    /// <param name="starter">Where hidden states of the last stage go, and what goes wrong.</param>
    [Alias("Open")]
    [AlwaysInterleave]
    Task<StageStatus> OpenAsync(StageOpening opening, IRingObserver starter);

    /// <summary>Takes a batch of hidden states, as Jtfa.Language's StageBatch has it. One of another epoch is dropped.</summary>
    [Alias("Pass")]
    [AlwaysInterleave]
    [OneWay]
    Task PassAsync([Immutable] byte[] batch);

    /// <summary>How it is doing; a stage that nobody asks is closed after a while. Null: it was not opened, or is lost.</summary>
    [Alias("GetStatus")]
    [AlwaysInterleave]
    Task<StageStatus?> GetStatusAsync();

    /// <summary>Frees its memory.</summary>
    [Alias("Close")]
    [AlwaysInterleave]
    [OneWay]
    Task CloseAsync();
}

/// <summary>The starter of a ring, on whose silo alone is text.</summary>
[Alias("Jtfa.IRingObserver")]
public interface IRingObserver : IGrainObserver
{
    /// <summary>Takes what the last stage gives back of a batch, as Jtfa.Language's ReturnedStates has it.</summary>
    [Alias("Return")]
    [OneWay]
    Task ReturnAsync([Immutable] byte[] states);

    /// <summary>Is told that an epoch cannot go on.</summary>
    [Alias("Lose")]
    [OneWay]
    Task LoseAsync(int epoch, string fault);
}

/// <summary>What a stage is to compute.</summary>
/// <param name="Epoch">The ring's epoch; a later one has a larger number.</param>
/// <param name="First">The first block, from 0.</param>
/// <param name="Count">How many.</param>
/// <param name="Pages">Pages of 16 text tokens, as many as the starter has.</param>
/// <param name="CacheFormat">How keys and values are kept: F32, F16, Q8.</param>
/// <param name="File">A sample of the model's file, by which two that differ are told apart.</param>
/// <param name="Next">The key of the stage after it; null: it is the last.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.StageOpening")]
public sealed record StageOpening(
    [property: Id(0)] int Epoch,
    [property: Id(1)] int First,
    [property: Id(2)] int Count,
    [property: Id(3)] int Pages,
    [property: Id(4)] string CacheFormat,
    [property: Id(5)] string File,
    [property: Id(6)] string? Next);

/// <summary>How a stage is doing.</summary>
/// <param name="State">Whether its blocks are in memory.</param>
/// <param name="Fault">Why they could not be loaded, one line; null where nothing failed.</param>
/// <param name="Epoch">The epoch that it is in; 0 while none has begun.</param>
/// <param name="Received">The number of the last batch that came, with all before it.</param>
/// <param name="Done">The number of the last batch that it has sent on.</param>
/// <param name="Bytes">Bytes of its weights and pages.</param>
/// <param name="WorkSeconds">Seconds in which it has computed since it was loaded.</param>
/// <param name="Batches">Batches that it has computed since then, of all epochs.</param>
/// <param name="Rows">Text tokens that it has computed since then.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.StageStatus")]
public sealed record StageStatus(
    [property: Id(0)] ModelState State,
    [property: Id(1)] string? Fault = null,
    [property: Id(2)] int Epoch = 0,
    [property: Id(3)] long Received = 0,
    [property: Id(4)] long Done = 0,
    [property: Id(5)] long Bytes = 0,
    [property: Id(6)] double WorkSeconds = 0,
    [property: Id(7)] long Batches = 0,
    [property: Id(8)] long Rows = 0);
