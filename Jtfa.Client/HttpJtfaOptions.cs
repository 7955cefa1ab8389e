namespace Jtfa.Client;

/// <summary>How a <see cref="HttpJtfaClient"/> asks.</summary>
public sealed record HttpJtfaOptions
{
    /// <summary>Sent as <c>Authorization: Bearer …</c>; null sends none.</summary>
    public string? Token { get; init; }

    /// <summary>Sends the requests, as from a factory; the caller disposes it. Null: the client makes one of its own.</summary>
    public HttpClient? Http { get; init; }

    /// <summary>
    /// How often a request is made again that found nobody, no time, or a server that cannot serve now (429, 502, 503, 504).
    /// </summary>
    public int Retries { get; init; } = 4;

    /// <summary>Time before the first retry; doubles with each. A random part of up to one half is taken off.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest time before a retry, unless the server asks for more (Retry-After).</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Longest time that a server may ask for: a request that would have to wait longer fails, a follower waits this long.
    /// </summary>
    public TimeSpan MaxRetryAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Longest time that one try of a request may take, its answer read.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A follower that has heard nothing for so long, no keep-alive either, takes its connection for dead and makes another.
    /// </summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Told the scene and false when a follower has no connection any more, and true when it has one again; what it throws ends the
    /// following.
    /// </summary>
    public Action<string, bool>? FollowerConnected { get; init; }

    /// <summary>Largest answer that is taken, bytes; a follower's largest event.</summary>
    public int MaxAnswerBytes { get; init; } = 16 << 20;

    /// <summary>What all of these times are by.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Its name alone: the token belongs in no log.</summary>
    public override string ToString() => nameof(HttpJtfaOptions);
}
