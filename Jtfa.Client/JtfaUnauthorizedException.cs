namespace Jtfa.Client;

/// <summary>The silo wants a token that this client does not have; the message names the silo and says what to do.</summary>
public sealed class JtfaUnauthorizedException : JtfaException
{
    internal JtfaUnauthorizedException(string address, bool hasToken)
        : base(
            address,
            $"{address} {(hasToken ? "does not take this token" : "wants a token")}: give this client the one that 'jtfa doctor' shows " +
            "on its machine")
    {
    }
}
