namespace Jtfa.Client;

/// <summary>There is no such scene or model; the message names it.</summary>
public sealed class JtfaNotFoundException : JtfaException
{
    internal JtfaNotFoundException(string address, string message, Exception? inner = null)
        : base(address, message, inner)
    {
    }
}
