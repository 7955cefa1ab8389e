using System.Text;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Language.Architectures;
using Jtfa.Language.Files;
using Jtfa.Language.Kernels;
using Jtfa.Language.Planning;
using Jtfa.Language.Serving;
using Jtfa.Language.Tokenizers;
using Jtfa.Language.Tokenizers.Templates;

namespace Jtfa.Silo.Language;

/// <summary>A language model in memory: one that writes texts, or one that gives embeddings. From whichever thread.</summary>
internal abstract class LoadedModel(Tokenizer tokenizer, DateTimeOffset loadedAt) : IDisposable
{
    /// <summary>When it was loaded.</summary>
    public DateTimeOffset LoadedAt { get; } = loadedAt;

    /// <summary>Whether its engine broke down: it answers no more, and has to be loaded again.</summary>
    public bool IsBroken { get; private protected set; }

    /// <summary>Bytes of its weights and pages.</summary>
    public abstract long Bytes { get; }

    /// <summary>Text tokens of the longest text.</summary>
    public abstract int LongestText { get; }

    /// <summary>What it has at this moment, and has done.</summary>
    public virtual EngineStatistics Statistics => default;

    /// <summary>Why its texts wait, one line; null: they do not.</summary>
    public virtual string? Fault => null;

    /// <summary>The stages that compute now, the starter's first; empty while one is missing.</summary>
    public abstract IReadOnlyList<StageOptions> StagesFrom(string starter);

    /// <summary>Its ring, whose starter's blocks are not among the stages; null: it has all blocks.</summary>
    public virtual RingStatus? Ring => null;

    /// <summary>Whether a silo could have a stage: it is there, and has not failed as one of late.</summary>
    public virtual bool IsUsable(string silo) => true;

    /// <summary>Brings the stages after the starter's up anew, as after the plan has changed.</summary>
    public virtual void Renew(string why)
    {
    }

    /// <summary>Bytes that a model will take here: those of its file and of its pages.</summary>
    /// <param name="options">The model.</param>
    /// <param name="starterBlocks">Blocks that are computed here; null: all.</param>
    /// <exception cref="ModelFileException">The file is damaged, or no model of a known architecture.</exception>
    public static long BytesOf(ModelOptions options, int? starterBlocks)
    {
        using var file = GgufFile.Open(options.File);
        var architecture = Architecture.Of(file);
        if (!architecture.Causal) return new FileInfo(options.File).Length;
        var cost = ModelCost.Of(file, architecture, options.CacheFormat);
        var blocks = Math.Min(starterBlocks ?? cost.Blocks, cost.Blocks);
        return cost.StarterBytes + cost.BlockBytes.Take(blocks).Sum() + ((long)blocks * options.Pages * cost.PageBytes);
    }

    /// <summary>Loads a model.</summary>
    /// <param name="options">The model.</param>
    /// <param name="workers">The threads that compute, which all models share.</param>
    /// <param name="plan">Its plan; null: all of it is computed here.</param>
    /// <param name="rings">Makes the ring of a model that has stages elsewhere.</param>
    /// <param name="clock">The clock.</param>
    /// <exception cref="ModelFileException">
    /// The file is damaged, no model of a known architecture, or has other blocks than its plan.
    /// </exception>
    /// <exception cref="TemplateException">The configured template cannot be used.</exception>
    public static LoadedModel Load(
        ModelOptions options, IRingPlan? plan, Workers workers, Func<ModelOptions, IRingPlan, ModelRing> rings, TimeProvider clock)
    {
        bool writes;
        using (var file = GgufFile.Open(options.File))
        {
            var architecture = Architecture.Of(file);
            writes = architecture.Causal;
            if (options.Plan.Count > 0) CheckPlan(options, Hyperparameters.Of(file, architecture).Blocks);
        }

        return writes ? WritingModel.Load(options, plan, workers, rings, clock) : EmbeddingModel.Load(options, workers, clock);
    }

    /// <summary>Asks for a text.</summary>
    public virtual (TextStart Start, ServedText? Text) Submit(TextRequest request) =>
        (Refused($"The model {request.Model} gives embeddings and writes no text."), null);

    /// <summary>The vectors of texts.</summary>
    public virtual Embedded Embed(string[] texts) => new(Refused("The model writes text and gives no embeddings."), [], 0);

    /// <summary>The text tokens of a text.</summary>
    public Tokenized Tokenize(string text, bool addSpecial, bool parseSpecial)
    {
        int[] tokens = [.. Encode(text, addSpecial, parseSpecial)];
        return new(new(), tokens, [.. tokens.Select(token => tokenizer.BytesOf(token).ToArray())]);
    }

    /// <summary>What text tokens say.</summary>
    public Detokenized Detokenize(int[] tokens)
    {
        var most = tokenizer.VocabularySize - 1;
        foreach (var token in tokens)
            if (token < 0 || token > most) return new(Refused($"There is no text token {token}: known are 0 … {most}."), "");
        var (decoder, text) = (new TextDecoder(tokenizer), new StringBuilder());
        foreach (var token in tokens) text.Append(decoder.Append(token));
        return new(new(), text.Append(decoder.Finish()).ToString());
    }

    /// <inheritdoc />
    public abstract void Dispose();

    private static void CheckPlan(ModelOptions options, int blocks)
    {
        var (planned, last) = (options.Plan[^1].First + options.Plan[^1].Count, blocks - 1);
        if (planned != blocks)
            throw new ModelFileException(options.File, $"its last block is {last}, and that of its plan is {planned - 1}: set its Plan");
    }

    private protected static TextStart Refused(string fault) => new() { Answer = TextAnswer.Refused, Fault = fault };

    private protected IEnumerable<int> Encode(string text, bool addSpecial, bool parseSpecial)
    {
        var ids = tokenizer.Encode(text, parseSpecial);
        if (!addSpecial || !tokenizer.AddsBos || (ids is [var first, ..] && first == tokenizer.BosId)) return ids;
        return ids.Prepend(tokenizer.BosId!.Value); // a template may have written it
    }
}
