namespace Jtfa.Client;

/// <summary>There is no such scene; the message names those that there are.</summary>
public sealed class JtfaNotFoundException : JtfaException
{
    internal JtfaNotFoundException(string address, string message, Exception? inner = null)
        : base(address, message, inner)
    {
    }
}
