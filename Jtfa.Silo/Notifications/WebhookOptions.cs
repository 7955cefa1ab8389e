namespace Jtfa.Silo.Notifications;

/// <summary>The URL that decisions are posted to (configuration section <c>Jtfa:Webhook</c>).</summary>
public sealed class WebhookOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Jtfa:Webhook";

    /// <summary>Where decisions are posted to; null: nowhere. Never logged beyond its host, since such URLs often are secrets.</summary>
    public string? Url { get; init; }

    /// <summary>Signs each body, in the header X-Jtfa-Signature; null: it has none. Never logged.</summary>
    public string? Secret { get; init; }

    /// <summary>How often a decision is posted at most; then it is dropped.</summary>
    public int Tries { get; init; } = 5;

    /// <summary>Milliseconds that an answer may take.</summary>
    public double Timeout { get; init; } = 10_000;

    /// <summary>Whether only those decisions are told whose class is another than the scene's last.</summary>
    public bool OnlyChanges { get; init; }

    /// <summary>Decisions that wait while the server is away or slow; beyond it the oldest are dropped.</summary>
    public int QueueLimit { get; init; } = 1_000;

    /// <summary>What is wrong, one line a fault; empty when all is valid.</summary>
    public IEnumerable<string> Faults()
    {
        if (Url is not null && !(Uri.TryCreate(Url, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"))
            yield return $"{Section}:Url: allowed is an http:// or https:// URL"; // without its value, which may be a secret
        if (Secret is { Length: < 16 }) yield return $"{Section}:Secret has {Secret.Length} characters: allowed are 16 or more";
        if (Tries is < 1 or > 100) yield return $"{Section}:Tries={Tries}: allowed is 1 … 100";
        if (!(Timeout is >= 100 and <= 600_000)) yield return $"{Section}:Timeout={Timeout}: allowed is 100 … 600000 ms";
        if (QueueLimit is < 1 or > 1_000_000) yield return $"{Section}:QueueLimit={QueueLimit}: allowed is 1 … 1000000";
    }
}
