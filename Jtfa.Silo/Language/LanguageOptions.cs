using Jtfa.Interfaces;
using Jtfa.Language.Caches;
using Jtfa.Language.Rings;
using Jtfa.Language.Serving;

namespace Jtfa.Silo.Language;

/// <summary>The language models that this silo serves (configuration section <c>Jtfa:Language</c>); none by default.</summary>
public sealed class LanguageOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Jtfa:Language";

    private const int MostMemoryMiB = 1 << 24;

    /// <summary>The models.</summary>
    public List<ModelOptions> Models { get; init; } = [];

    /// <summary>Threads that compute, of all models together; 0: all cores but one, which cameras and windows need.</summary>
    public int Threads { get; init; }

    /// <summary>MiB that weights and pages of all models may take together; 0: half of what this process may have.</summary>
    public int MemoryMiB { get; init; }

    /// <summary>Whether the silo is one for language models, which says so where it has none.</summary>
    internal bool IsRole { get; set; }

    /// <summary>The folder for pieces of models' files that other silos gave; it is made with the first.</summary>
    public string CacheFolder { get; init; } = "jtfa-models";

    /// <summary>MiB that all pieces in it may take.</summary>
    public int CacheMiB { get; init; } = 16_384;

    /// <summary>The threads that hold.</summary>
    internal int ChosenThreads => Threads > 0 ? Threads : Math.Max(1, Environment.ProcessorCount - 1);

    /// <summary>The bytes that hold.</summary>
    internal long ChosenBytes => MemoryMiB > 0 ? (long)MemoryMiB << 20 : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;

    /// <summary>What is wrong, one line a fault; empty when all is valid.</summary>
    public IEnumerable<string> Faults()
    {
        if (Threads is < 0 or > 1024) yield return $"{Section}:Threads={Threads}: allowed is 1 … 1024, or 0 for all cores but one";
        if (MemoryMiB is < 0 or > MostMemoryMiB)
            yield return $"{Section}:MemoryMiB={MemoryMiB}: allowed is 1 … {MostMemoryMiB}, or 0 for half of this machine's";
        if (string.IsNullOrWhiteSpace(CacheFolder)) yield return $"{Section}:CacheFolder is empty: allowed is a folder";
        if (CacheMiB is < 1 or > MostMemoryMiB) yield return $"{Section}:CacheMiB={CacheMiB}: allowed is 1 … {MostMemoryMiB}";
        for (var i = 0; i < Models.Count; i++)
        {
            var model = Models[i];
            if (Models.FindIndex(other => other.Name == model.Name) != i)
                yield return $"{Section}:Models:{i}:Name='{model.Name}': allowed is each name once";
            foreach (var fault in model.Faults()) yield return $"{Section}:Models:{i}:{fault}";
        }
    }
}

/// <summary>One language model that a silo serves.</summary>
public sealed class ModelOptions
{
    /// <summary>The name by which it is asked for.</summary>
    public string Name { get; init; } = "";

    /// <summary>Its GGUF file.</summary>
    public string File { get; init; } = "";

    /// <summary>A file with a chat template that is used instead of the model's own; empty: its own.</summary>
    public string Template { get; init; } = "";

    /// <summary>Whether it is loaded when the silo starts, and not only by the first request.</summary>
    public bool Preload { get; init; } = true;

    /// <summary>After how long without a request it is unloaded; 0: never, but where another model needs its memory.</summary>
    public TimeSpan Ttl { get; init; }

    /// <summary>Pages of 16 text tokens for the keys and values of all of its texts.</summary>
    public int Pages { get; init; } = 1024;

    /// <summary>How keys and values are kept.</summary>
    public CacheFormat CacheFormat { get; init; } = CacheFormat.F16;

    /// <summary>Texts that are computed together, at most.</summary>
    public int MaxRunning { get; init; } = 16;

    /// <summary>Texts that wait beside them, at most; one more is told to come again later.</summary>
    public int MaxWaiting { get; init; } = 64;

    /// <summary>Text tokens of prompts that a step computes at most.</summary>
    public int ChunkTokens { get; init; } = 128;

    /// <summary>Text tokens that a step guesses of a text at most, from what it said before; 0: none.</summary>
    public int Lookup { get; init; }

    /// <summary>
    /// Which silos have which blocks, the starter's first (docs/ring.md); <c>auto</c>: those that the solver chooses; empty: this silo has
    /// all. All silos of a plan have the same.
    /// </summary>
    public PlanOptions Plan { get; init; } = [];

    /// <summary>With the solver's plan: the name of the silo that is asked for texts; empty: this one.</summary>
    public string Starter { get; init; } = "";

    /// <summary>With the solver's plan: what counts, of as many texts as may run.</summary>
    public PlanGoal PlanGoal { get; init; } = PlanGoal.Throughput;

    /// <summary>How hidden states go from silo to silo.</summary>
    public StateFormat Wire { get; init; } = StateFormat.F32;

    /// <summary>The silo that is asked for texts; null: each that has the model.</summary>
    internal string? StartedBy => Plan.Count > 0 ? Plan[0].Silo : Starter.Length > 0 ? Starter : null;

    /// <summary>Whether a silo is the one that is asked for texts.</summary>
    internal bool IsStartedBy(string silo) => StartedBy is not { } starter || starter == silo;

    /// <summary>How its engine serves.</summary>
    internal EngineOptions Engine => new()
    {
        Model = Name,
        Pages = Pages,
        CacheFormat = CacheFormat,
        MaxRunning = MaxRunning,
        MaxWaiting = MaxWaiting,
        ChunkTokens = ChunkTokens,
        Lookup = Lookup,
    };

    internal IEnumerable<string> Faults()
    {
        if (string.IsNullOrWhiteSpace(Name) || Name.IndexOfAny(['/', ',']) >= 0 || Name.Any(char.IsControl))
            yield return $"Name='{Name}': allowed is a name without '/' and ','";
        if (!System.IO.File.Exists(File)) yield return $"File={File}: there is no such file; allowed is a model's GGUF file";
        if (Template.Length > 0 && !System.IO.File.Exists(Template))
            yield return $"Template={Template}: there is no such file; allowed is a file with a chat template";
        if (Ttl < TimeSpan.Zero || Ttl > TimeSpan.FromDays(365)) yield return $"Ttl={Ttl}: allowed is 00:00:00 (never) … 365.00:00:00";
        if (!Enum.IsDefined(Wire)) yield return $"Wire={Wire}: allowed is F32, F16 or Q8";
        if (Starter.Length > 0 && !Plan.IsAuto) yield return $"Starter={Starter}: it goes with Plan={PlanOptions.Auto}";
        if (!Enum.IsDefined(PlanGoal)) yield return $"PlanGoal={PlanGoal}: allowed is Throughput or Latency";
        if (Plan.Fault is { } wrong) yield return $"Plan: {wrong}";
        if (Plan.Count > 0)
        {
            var stages = Plan.Select(stage => new StagePlan { Silo = stage.Silo, First = stage.First, Count = stage.Count });
            foreach (var fault in new ModelPlan { Model = Name, Stages = [.. stages] }.Faults()) yield return $"Plan: {fault}";
        }

        if (Name.Length == 0) yield break;
        foreach (var fault in Engine.Faults()) yield return fault;
    }
}
