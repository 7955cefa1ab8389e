using Jtfa.Interfaces;

namespace Jtfa.Silo.Language;

/// <summary>One configured model and what is known of it. Its members are guarded by <see cref="LanguageModels"/>.</summary>
internal sealed class ConfiguredModel(ModelOptions options, IRingPlan? plan, ModelTraffic traffic)
{
    private const int MostAtOnce = 2;

    /// <summary>What the configuration says.</summary>
    public ModelOptions Options { get; } = options;

    /// <summary>Which silos have which blocks; null: this one has all.</summary>
    public IRingPlan? Plan { get; } = plan;

    /// <summary>What passes through it.</summary>
    public ModelTraffic Traffic { get; } = traffic;

    /// <summary>Places for those who read prompts, which takes threads of the pool, which windows need too.</summary>
    public SemaphoreSlim Places { get; } = new(MostAtOnce);

    /// <summary>Its load, under way or done; null while it is not loaded.</summary>
    public Task<LoadedModel>? Load { get; set; }

    /// <summary>Requests that are at it.</summary>
    public int Users { get; set; }

    /// <summary>When a request was at it last.</summary>
    public long Used { get; set; }

    /// <summary>Why it could not be loaded.</summary>
    public string? Fault { get; set; }

    /// <summary>The model, where it is in memory.</summary>
    public LoadedModel? Loaded => Load is { IsCompletedSuccessfully: true } load ? load.Result : null;

    /// <summary>How it is doing.</summary>
    public ModelStatus Status
    {
        get
        {
            var status = new ModelStatus
            {
                Name = Options.Name,
                State = Load is null ? Fault is null ? ModelState.Unloaded : ModelState.Failed : ModelState.Loading,
                Fault = Fault,
            };
            if (Loaded is not { } loaded) return status;
            var now = loaded.Statistics;
            return status with
            {
                State = ModelState.Loaded,
                Fault = loaded.Fault,
                LoadedAt = loaded.LoadedAt,
                Bytes = loaded.Bytes,
                LongestText = loaded.LongestText,
                Running = now.Running,
                Waiting = now.Waiting,
                Pages = now.Pages,
                PagesRead = now.PagesRead,
                PagesRemembered = now.PagesRemembered,
                PromptTokens = now.PromptTokens,
                CompletionTokens = now.CompletionTokens,
                Stalled = now.Stalled,
                GivesEmbeddings = loaded is EmbeddingModel,
            };
        }
    }
}
