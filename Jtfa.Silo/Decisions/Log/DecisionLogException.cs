namespace Jtfa.Silo.Decisions;

/// <summary>The decision log cannot do what was asked. The message is one line that names the file and says what to do.</summary>
[GenerateSerializer, Alias("Jtfa.DecisionLogException")]
public sealed class DecisionLogException : Exception
{
    /// <summary>Without a message; for completeness only.</summary>
    public DecisionLogException()
    {
    }

    /// <summary>With the line that the operator reads.</summary>
    public DecisionLogException(string message)
        : base(message)
    {
    }

    /// <summary>With the line that the operator reads and what the provider threw.</summary>
    public DecisionLogException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
