using Jtfa.Language.Caches;
using Jtfa.Language.Decoding;

namespace Jtfa.Language.Serving;

/// <summary>How an engine serves.</summary>
public sealed record EngineOptions
{
    private const int MostLookup = 16;

    /// <summary>The model's name in metrics.</summary>
    public string Model { get; init; } = "model";

    /// <summary>Pages of 16 text tokens for keys and values; they are taken at the start.</summary>
    public int Pages { get; init; } = 1024;

    /// <summary>How keys and values are kept.</summary>
    public CacheFormat CacheFormat { get; init; } = CacheFormat.F16;

    /// <summary>Texts that are computed together at most.</summary>
    public int MaxRunning { get; init; } = 16;

    /// <summary>Texts that wait beside them at most; one more is told to come again later.</summary>
    public int MaxWaiting { get; init; } = 64;

    /// <summary>
    /// Text tokens of prompts that a step computes at most, beside one of each running text: by so much a long prompt delays the others.
    /// </summary>
    public int ChunkTokens { get; init; } = 128;

    /// <summary>
    /// Text tokens that a step guesses of a text at most, from where the text said the same before (<see cref="NgramDrafter"/>); 0: none.
    /// What is written stays the same. It gains where texts repeat themselves and the model is large for its memory's speed.
    /// </summary>
    public int Lookup { get; init; }

    /// <summary>Pieces that a reader may be behind; then its text stands still until the reader has caught up by half.</summary>
    public int BufferedPieces { get; init; } = 256;

    /// <summary>How long a text stands still for its reader before it is given up.</summary>
    public TimeSpan ReaderPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>When waiting texts join those that run.</summary>
    public Batching Batching { get; init; } = Batching.Dynamic;

    /// <summary>What is wrong, one line a fault; empty when all is valid.</summary>
    public IEnumerable<string> Faults()
    {
        if (Model.Length == 0) yield return "Model is empty: name the model";
        if (Pages is < 2 or > 1 << 24) yield return $"Pages={Pages}: allowed is 2 … {1 << 24}";
        if (!Enum.IsDefined(CacheFormat)) yield return $"CacheFormat={CacheFormat}: allowed is F32, F16 or Q8";
        if (MaxRunning is < 1 or > 4096) yield return $"MaxRunning={MaxRunning}: allowed is 1 … 4096";
        if (MaxWaiting is < 0 or > 1_000_000) yield return $"MaxWaiting={MaxWaiting}: allowed is 0 … 1000000";
        if (ChunkTokens is < 1 or > 65536) yield return $"ChunkTokens={ChunkTokens}: allowed is 1 … 65536";
        if (Lookup is < 0 or > MostLookup) yield return $"Lookup={Lookup}: allowed is 0 … {MostLookup}";
        if (BufferedPieces is < 2 or > 1 << 20) yield return $"BufferedPieces={BufferedPieces}: allowed is 2 … {1 << 20}";
        if (ReaderPatience <= TimeSpan.Zero || ReaderPatience > TimeSpan.FromDays(1))
            yield return $"ReaderPatience={ReaderPatience}: allowed is above 0 … 1 day";
        if (!Enum.IsDefined(Batching)) yield return $"Batching={Batching}: allowed is Dynamic or Static";
    }
}

/// <summary>When waiting texts join those that run.</summary>
public enum Batching
{
    /// <summary>Between any two steps.</summary>
    Dynamic,

    /// <summary>When all that ran have ended. It is there to be measured against.</summary>
    Static,
}
