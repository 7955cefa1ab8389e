namespace Orleans.Runtime;

/// <summary>A fault of the engine, not of the grain.</summary>
public class OrleansException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>A call was given back without having run.</summary>
public class OrleansMessageRejectionException : OrleansException
{
    internal OrleansMessageRejectionException(string message)
        : base(message)
    {
    }
}
