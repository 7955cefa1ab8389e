namespace Jtfa.Silo.Notifications;

/// <summary>The broker that decisions are told to by MQTT (configuration section <c>Jtfa:Mqtt</c>).</summary>
public sealed class MqttOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Jtfa:Mqtt";

    /// <summary>The broker, such as <c>mqtt://broker.local</c>, or <c>mqtts://</c> for TLS; null: none is told.</summary>
    public string? Server { get; init; }

    /// <summary>The user that the broker knows this silo as; null for none.</summary>
    public string? User { get; init; }

    /// <summary>The user's password. Never logged.</summary>
    public string? Password { get; init; }

    /// <summary>
    /// PEM file with the certificate of who signed the broker's; null takes those that this machine trusts. Only for <c>mqtts://</c>.
    /// </summary>
    public string? CaFile { get; init; }

    /// <summary>The name that the broker tells clients apart by; null makes one of the machine and the silo's port.</summary>
    public string? ClientId { get; init; }

    /// <summary>What all topics begin with.</summary>
    public string Topic { get; init; } = "jtfa";

    /// <summary>Where Home Assistant looks for devices; empty: it is not told of any.</summary>
    public string DiscoveryPrefix { get; init; } = "homeassistant";

    /// <summary>Whether only those decisions are told whose class is another than the scene's last.</summary>
    public bool OnlyChanges { get; init; }

    /// <summary>Decisions that wait while the broker is away or slow; beyond it the oldest are dropped.</summary>
    public int QueueLimit { get; init; } = 1_000;

    /// <summary>The broker's address; null where none is told, or it is no address.</summary>
    internal Uri? Address => Uri.TryCreate(Server, UriKind.Absolute, out var address) ? address : null;

    /// <summary>Whether the connection is by TLS.</summary>
    internal bool IsEncrypted => Address?.Scheme == "mqtts";

    /// <summary>What is wrong, one line a fault; empty when all is valid.</summary>
    public IEnumerable<string> Faults()
    {
        if (Server is not null)
        {
            // Without its value, which may hold a password.
            if (Address is not { Scheme: "mqtt" or "mqtts", Host.Length: > 0, UserInfo: "", PathAndQuery: "" or "/" })
                yield return $"{Section}:Server: allowed is mqtt://HOST[:PORT] or mqtts://HOST[:PORT]; a user goes into {Section}:User";
            if (CaFile is not null && !IsEncrypted) yield return $"{Section}:CaFile={CaFile}: allowed with mqtts:// only";
        }

        if (Password is not null && User is null) yield return $"{Section}:User is missing: a password is one of a user";
        if (CaFile is not null && !File.Exists(CaFile)) yield return $"{Section}:CaFile={CaFile}: there is no such file";
        if (ClientId is { Length: 0 or > 64 }) yield return $"{Section}:ClientId={ClientId}: allowed are 1 … 64 characters";
        if (!IsTopic(Topic)) yield return $"{Section}:Topic={Topic}: allowed is a topic such as home/jtfa, without + and #";
        if (DiscoveryPrefix.Length > 0 && !IsTopic(DiscoveryPrefix))
            yield return $"{Section}:DiscoveryPrefix={DiscoveryPrefix}: allowed is a topic such as homeassistant, or nothing for none";
        if (QueueLimit is < 1 or > 1_000_000) yield return $"{Section}:QueueLimit={QueueLimit}: allowed is 1 … 1000000";
    }

    private static bool IsTopic(string topic) =>
        topic is [not '/' and not '$', ..] and [.., not '/'] && topic.Length <= 256 && topic.AsSpan().IndexOfAny("+#\0") < 0;
}
