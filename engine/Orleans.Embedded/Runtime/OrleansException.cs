namespace Orleans.Runtime;

/// <summary>A fault of the engine, not of the grain.</summary>
public class OrleansException(string message, Exception? innerException = null) : Exception(message, innerException);
