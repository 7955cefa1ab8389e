namespace Jtfa.Client;

/// <summary>
/// Nobody answered after the retries, or what answered cannot serve now or is no JTFA; the message names it and says what to do.
/// </summary>
public sealed class JtfaUnavailableException : Exception
{
    internal JtfaUnavailableException(string address, string message, Exception? inner = null)
        : base(message, inner) => Address = address;

    /// <summary>Who was asked: a URL, or "the cluster".</summary>
    public string Address { get; }

    /// <summary>Whether nobody answered there at all.</summary>
    public bool NobodyAnswers { get; internal init; }

    /// <summary>Whether asking again may help.</summary>
    internal bool MayPass { get; init; }

    /// <summary>How long the server asks clients to wait before the next try; null when it does not say.</summary>
    internal TimeSpan? RetryAfter { get; init; }
}

/// <summary>The silo wants a token that this client does not have; the message names the silo and says what to do.</summary>
public sealed class JtfaUnauthorizedException : Exception
{
    internal JtfaUnauthorizedException(string address, bool hasToken)
        : base(
            $"{address} {(hasToken ? "does not take this token" : "wants a token")}: give this client the one that 'jtfa doctor' shows " +
            "on its machine") => Address = address;

    /// <summary>The silo's URL.</summary>
    public string Address { get; }
}
