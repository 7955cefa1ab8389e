namespace Jtfa.Language.Models;

/// <summary>The language models that come with the program: given a word, they write a definition.</summary>
public static class ShippedModel
{
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "models", "language");

    /// <summary>The model.</summary>
    public static string ModelPath { get; } = Path.Combine(s_folder, "model.gguf");

    /// <summary>A quarter of its size and of the same vocabulary: it drafts for the model.</summary>
    public static string DraftPath { get; } = Path.Combine(s_folder, "draft.gguf");

    /// <summary>Glosses that neither was trained on, one a line.</summary>
    public static string HeldOutPath { get; } = Path.Combine(s_folder, "held-out.txt");
}
