namespace Jtfa.Language.Files;

/// <summary>A model file that cannot be used. The message is one line that names the file, the fault and what to do.</summary>
public sealed class ModelFileException : Exception
{
    /// <summary>A fault that was found here.</summary>
    /// <param name="file">The file.</param>
    /// <param name="fault">What is wrong with it; control characters become spaces.</param>
    public ModelFileException(string file, string fault)
        : this(file, fault, null)
    {
    }

    /// <summary>A fault that something else reported.</summary>
    /// <param name="file">The file.</param>
    /// <param name="fault">What is wrong with it; control characters become spaces.</param>
    /// <param name="innerException">The report.</param>
    public ModelFileException(string file, string fault, Exception? innerException)
        : base(string.Concat($"{file}: {fault}".Select(c => char.IsControl(c) ? ' ' : c)), innerException)
    {
    }
}
