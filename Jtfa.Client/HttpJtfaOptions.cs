namespace Jtfa.Client;

/// <summary>How a <see cref="HttpJtfaClient"/> asks.</summary>
public sealed record HttpJtfaOptions
{
    /// <summary>Sent as <c>Authorization: Bearer …</c>; null sends none.</summary>
    public string? Token { get; init; }

    /// <summary>Sends the requests, as from a factory; the caller disposes it. Null: the client makes one of its own.</summary>
    public HttpClient? Http { get; init; }

    /// <summary>
    /// How often a request is repeated that got no connection, no answer in time, or a status of 429, 502, 503 or 504.
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

    /// <summary>Longest time that one try of a request may take, including the reading of its answer.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A follower that has received nothing for so long, not even a keep-alive, drops its connection and opens another.
    /// </summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Told the scene and false when a follower has no connection any more, and true when it has one again; what it throws ends the
    /// following.
    /// </summary>
    public Action<string, bool>? FollowerConnected { get; init; }

    /// <summary>Largest answer that is taken, bytes; a follower's largest event.</summary>
    public int MaxAnswerBytes { get; init; } = 16 << 20;

    /// <summary>The clock that measures these times.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The type's name only, because the token must not be logged.</summary>
    public override string ToString() => nameof(HttpJtfaOptions);
}
