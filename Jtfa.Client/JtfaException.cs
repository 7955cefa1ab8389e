namespace Jtfa.Client;

/// <summary>What a JTFA was asked went wrong; which of its kinds it is says why.</summary>
public abstract class JtfaException : Exception
{
    private protected JtfaException(string address, string message, Exception? inner = null)
        : base(message, inner) => Address = address;

    /// <summary>Who was asked: a URL, or "the cluster".</summary>
    public string Address { get; }
}
