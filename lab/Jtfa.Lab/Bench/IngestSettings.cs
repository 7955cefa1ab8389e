using Jtfa.Core;

namespace Jtfa.Lab.Bench;

/// <summary>What an ingest bench sends. N = 4, K = 3, d = 16.</summary>
/// <param name="Mode">Encoding.</param>
/// <param name="Rate">Tokens a second; null is as fast as the sender can.</param>
/// <param name="Seconds">How long it sends.</param>
/// <param name="Thin">Share of decisions sent with K − 1 views only.</param>
/// <param name="TimeoutMs">T.</param>
/// <param name="LingerMs">Linger.</param>
/// <param name="WarmUpSeconds">How long the same load runs on another scene before, so that the runtime has compiled what it runs.</param>
/// <param name="Pages">Live pages that watch the scene meanwhile.</param>
/// <param name="Followers">Programs that follow its decisions meanwhile.</param>
/// <param name="StreamSeconds">How long, afterwards, an outside subscriber of the Orleans stream is measured.</param>
/// <param name="Authentication">Which tokens the silo takes; the sender signs all of them, but where it is Open none.</param>
/// <param name="Wire">The version of the wire: 1 or 2.</param>
/// <param name="Quantiser">Version 2: to how many levels tokens are rounded.</param>
internal sealed record IngestSettings(
    TokenEncoding Mode, double? Rate, double Seconds, double Thin, double TimeoutMs, double LingerMs, double WarmUpSeconds,
    int Pages = 0, int Followers = 0, double StreamSeconds = 0, TokenAuthentication Authentication = TokenAuthentication.Open,
    int Wire = 1, TokenQuantiser Quantiser = TokenQuantiser.Int8)
{
    public const int N = 4;
    public const int K = 3;
    public const int Dimension = 16;
    public const int Classes = 10;

    /// <summary>Whether tokens have tags.</summary>
    public bool IsSigned => Authentication != TokenAuthentication.Open;

    /// <summary>All who read live.</summary>
    public int Readers => Pages + Followers;

    /// <summary>Tokens of an average decision.</summary>
    public double TokensPerDecision => N - (Thin * (N - K + 1));

    /// <summary>
    /// W: as many decisions fit a second as are sent; at most 100,000. Whole ticks of 100 ns, which is what a policy keeps.
    /// </summary>
    public double WindowMs => Rate is { } rate ? Math.Round(1000 * TokensPerDecision / rate, 4) : 0.01;
}

/// <summary>What the sender did.</summary>
internal sealed record SentLoad(long Tokens, long Decisions, double Seconds, double CpuSeconds);
