namespace Jtfa.Client;

/// <summary>A value of a policy or a query is not allowed; the message names it and says what is.</summary>
public sealed class JtfaInvalidValueException : JtfaException
{
    internal JtfaInvalidValueException(string address, string message, Exception? inner = null)
        : base(address, message, inner)
    {
    }
}
