using Jtfa.Language.Decoding;
using Jtfa.Language.Files;
using Jtfa.Language.Kernels;
using Jtfa.Language.Models;
using Jtfa.Language.Tokenizers;
using Jtfa.Language.Tokenizers.Templates;

namespace Jtfa.Language.Generation;

/// <summary>A file's model and tokenizer: what makes text of text. For one thread at a time.</summary>
public sealed class TextModel : IDisposable
{
    private readonly string _path;

    private TextModel(string path, LanguageModel model, Tokenizer tokenizer, ChatTemplate? template)
    {
        (_path, Model, Tokenizer, Template) = (path, model, tokenizer, template);
    }

    /// <summary>The model.</summary>
    public LanguageModel Model { get; }

    /// <summary>The tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>How a conversation is written for the model; null where the file does not say.</summary>
    public ChatTemplate? Template { get; }

    /// <summary>Text tokens that a text may have, its prompt among them.</summary>
    public int Longest => Model.LongestText;

    /// <summary>Loads a file.</summary>
    /// <param name="path">A GGUF file.</param>
    /// <param name="workers">The threads that compute, which stay the caller's; several models of one thread may share them.</param>
    /// <param name="architectures">Where architectures are looked for; null: those that come with the program.</param>
    /// <param name="progress">Is told how much of it is loaded; null: nobody is.</param>
    /// <exception cref="ModelFileException">The file is damaged, or no model that writes text.</exception>
    public static TextModel Load(string path, Workers workers, string? architectures = null, IProgress<WorkProgress>? progress = null)
    {
        using var file = GgufFile.Open(path);
        var tokenizer = Tokenizer.Load(file);
        var template = ChatTemplate.Load(file.Metadata, tokenizer);
        var model = LanguageModel.Load(file, workers, architectures, progress);
        var fault = !model.Architecture.Causal ? $"'{model.Architecture.Name}' is an encoder: it gives embeddings and writes no text"
            : model.Vocabulary < tokenizer.VocabularySize
                ? $"it has embeddings of {model.Vocabulary} text tokens, its tokenizer has {tokenizer.VocabularySize}: convert it again"
            : null;
        if (fault is null) return new TextModel(path, model, tokenizer, template);
        model.Dispose();
        throw new ModelFileException(path, fault);
    }

    /// <summary>
    /// The text tokens of a prompt, with the begin that the model expects; an empty prompt is that begin alone, where the model names one.
    /// </summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="parseSpecial">Whether it may name tokens of structure.</param>
    public int[] Encode(string prompt, bool parseSpecial = false)
    {
        var ids = Tokenizer.Encode(prompt, parseSpecial);
        return Tokenizer.BosId is { } bos && (Tokenizer.AddsBos || ids.Length == 0) && (ids.Length == 0 || ids[0] != bos)
            ? [bos, .. ids]
            : ids;
    }

    /// <summary>Checks that another model's drafts mean the same.</summary>
    /// <exception cref="ModelFileException">Its vocabulary is another.</exception>
    public void CheckDraft(TextModel draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        var (size, other) = (Tokenizer.VocabularySize, draft.Tokenizer.VocabularySize);
        if (size != other)
        {
            throw new ModelFileException(
                draft._path, $"it has {other} text tokens, and {_path} has {size}: a draft has the same vocabulary");
        }

        for (var id = 0; id < size; id++)
        {
            var (name, otherName) = (Tokenizer.NameOf(id), draft.Tokenizer.NameOf(id));
            if (name == otherName && Tokenizer.IsEndOfGeneration(id) == draft.Tokenizer.IsEndOfGeneration(id)) continue;
            throw new ModelFileException(
                draft._path, $"its text token {id} is '{otherName}', that of {_path} '{name}': a draft has the same vocabulary");
        }
    }

    /// <summary>The JSON documents of a grammar, for this vocabulary.</summary>
    public JsonMasks Masks(JsonGrammar grammar) => new(grammar, VocabularyTrie.Of(Tokenizer));

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}
