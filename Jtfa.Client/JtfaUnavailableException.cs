namespace Jtfa.Client;

/// <summary>
/// Nobody answered after the retries, or what answered cannot serve now or is no JTFA; the message names it and says what to do.
/// </summary>
public sealed class JtfaUnavailableException : JtfaException
{
    internal JtfaUnavailableException(string address, string message, Exception? inner = null)
        : base(address, message, inner)
    {
    }

    /// <summary>Whether nobody answered there at all.</summary>
    public bool NobodyAnswers { get; internal init; }

    /// <summary>How long whoever is asked wants clients to wait before the next try; null when that is not said.</summary>
    public TimeSpan? RetryAfter { get; internal init; }

    /// <summary>Whether asking again may help.</summary>
    internal bool MayPass { get; init; }
}
