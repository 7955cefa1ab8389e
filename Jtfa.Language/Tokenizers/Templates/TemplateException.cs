namespace Jtfa.Language.Tokenizers.Templates;

/// <summary>A chat template that cannot be used, or that refuses what it was given. The message is one line.</summary>
public sealed class TemplateException : Exception
{
    /// <summary>A fault at a line of the template.</summary>
    /// <param name="line">The line, from 1; 0 where it is not known.</param>
    /// <param name="fault">What is wrong; control characters become spaces.</param>
    public TemplateException(int line, string fault)
        : base(string.Concat($"chat template{(line > 0 ? $", line {line}" : "")}: {fault}".Select(c => char.IsControl(c) ? ' ' : c))) =>
        Line = line;

    /// <summary>The line, from 1; 0 where it is not known.</summary>
    public int Line { get; }
}
