using Jtfa.Language.Architectures;
using Jtfa.Language.Caches;
using Jtfa.Language.Files;
using Jtfa.Language.Kernels;

namespace Jtfa.Language.Models;

/// <summary>
/// A model in one process: a starter and one stage. The stage has all blocks, or the first ones where the others are stages elsewhere. For
/// one thread at a time.
/// </summary>
public sealed class LanguageModel : IDisposable
{
    private readonly Workers _workers;
    private readonly bool _ownsWorkers;
    private readonly Starter _starter;
    private readonly Stage _stage;
    private float[] _hidden = [];

    private LanguageModel(
        Architecture architecture, Hyperparameters sizes, Workers workers, bool ownsWorkers, Starter starter, Stage stage)
    {
        (Architecture, Sizes, _workers, _ownsWorkers, _starter, _stage) = (architecture, sizes, workers, ownsWorkers, starter, stage);
    }

    /// <summary>The threads that compute it.</summary>
    public Workers Workers => _workers;

    /// <summary>What is computed.</summary>
    public Architecture Architecture { get; }

    /// <summary>The model's sizes.</summary>
    public Hyperparameters Sizes { get; }

    /// <summary>Text tokens that it knows.</summary>
    public int Vocabulary => _starter.Vocabulary;

    /// <summary>The longest sequence, where positions are learned; null: any.</summary>
    public int? LongestSequence => _starter.LongestSequence;

    /// <summary>Text tokens that a text may have: as many as the model was trained for, and as it has positions.</summary>
    public int LongestText => Math.Min(Sizes.Context, LongestSequence ?? int.MaxValue);

    /// <summary>Bytes of its weights.</summary>
    public long Bytes => _starter.Bytes + _stage.Bytes;

    /// <summary>Loads a model.</summary>
    /// <param name="path">A GGUF file.</param>
    /// <param name="threads">Threads that compute.</param>
    /// <param name="architectures">Where architectures are looked for; null: those that come with the program.</param>
    /// <param name="blocks">How many of the first blocks; null: all.</param>
    /// <exception cref="ModelFileException">
    /// The file is damaged, no model of a known architecture, or has not so many blocks.
    /// </exception>
    public static LanguageModel Load(string path, int threads, string? architectures = null, int? blocks = null)
    {
        using var file = GgufFile.Open(path);
        var workers = new Workers(threads);
        try
        {
            return Load(file, workers, ownsWorkers: true, architectures, null, blocks);
        }
        catch
        {
            workers.Dispose();
            throw;
        }
    }

    /// <summary>Loads a model that computes with threads of others, one model at a time.</summary>
    /// <param name="file">The file; may be closed afterwards.</param>
    /// <param name="workers">The threads, which stay the caller's.</param>
    /// <param name="architectures">Where architectures are looked for; null: those that come with the program.</param>
    /// <param name="progress">Is told how much of it is loaded; null: nobody is.</param>
    /// <param name="blocks">How many of the first blocks; null: all.</param>
    /// <exception cref="ModelFileException">
    /// The file is damaged, no model of a known architecture, or has not so many blocks.
    /// </exception>
    public static LanguageModel Load(
        GgufFile file, Workers workers, string? architectures = null, IProgress<WorkProgress>? progress = null, int? blocks = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(workers);
        return Load(file, workers, ownsWorkers: false, architectures, progress, blocks);
    }

    /// <summary>Memory for keys and values.</summary>
    /// <param name="format">How they are kept.</param>
    /// <param name="pages">Pages of 16 text tokens.</param>
    public PagePool CreatePool(CacheFormat format, int pages) => new(_stage.Shape, format, pages);

    /// <summary>Sends text tokens through the blocks that are here.</summary>
    /// <param name="batch">The text tokens.</param>
    /// <returns>Their hidden states after the last of these blocks, rows × width, until the next call.</returns>
    public Span<float> Forward(Batch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var length = batch.Rows.Count * Sizes.Width;
        if (_hidden.Length < length) _hidden = new float[length];
        var hidden = _hidden.AsSpan(0, length);
        _starter.Embed(batch, hidden);
        _stage.Forward(batch, hidden);
        return hidden;
    }

    /// <summary>Hidden states to logits.</summary>
    /// <param name="hidden">rows × width.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="logits">Takes rows × vocabulary.</param>
    public void Logits(ReadOnlySpan<float> hidden, int rows, Span<float> logits) => _starter.Logits(hidden, rows, logits);

    /// <inheritdoc/>
    public void Dispose()
    {
        _starter.Dispose();
        _stage.Dispose();
        if (_ownsWorkers) _workers.Dispose();
    }

    private static LanguageModel Load(
        GgufFile file, Workers workers, bool ownsWorkers, string? architectures, IProgress<WorkProgress>? progress, int? blocks)
    {
        var architecture = Architecture.Of(file, architectures);
        var sizes = Hyperparameters.Of(file, architecture);
        var count = blocks ?? sizes.Blocks;
        if (count < 1 || count > sizes.Blocks)
            throw new ModelFileException(file.Path, $"it has {sizes.Blocks} blocks, and the first {count} are wanted: 1 or more can be");
        var starter = new Starter(file, architecture, sizes, workers);
        var stage = new Stage(file, architecture, sizes, 0, count, workers, progress);
        return new LanguageModel(architecture, sizes, workers, ownsWorkers, starter, stage);
    }
}
