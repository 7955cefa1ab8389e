using System.Net;

namespace Jtfa.Silo.Ingress;

/// <summary>Where tokens come in (configuration section <c>Jtfa:Ingress</c>).</summary>
public sealed class IngressOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Jtfa:Ingress";

    /// <summary>Address to listen on.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>The sockets; when none is configured, one on port 5005 for the first scene.</summary>
    public List<IngressSocketOptions> Sockets { get; init; } = [];

    /// <summary>Kernel receive buffer to ask for, bytes; what is granted is logged.</summary>
    public int ReceiveBufferBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Datagrams taken from the socket at once, at most.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>Tokens on their way to lanes, of all scenes, at most; beyond it some are dropped and counted.</summary>
    public int MaxPendingTokens { get; init; } = 65_536;

    /// <summary>The same for one scene.</summary>
    public int MaxScenePendingTokens { get; init; } = 32_768;

    /// <summary>Open windows of all scenes, at most; beyond it tokens of new ones are dropped and counted.</summary>
    public int MaxOpenWindows { get; init; } = 60_000;

    /// <summary>The same for one scene.</summary>
    public int MaxSceneWindows { get; init; } = 20_000;

    /// <summary>How old a capture may be, milliseconds.</summary>
    public double MaxAge { get; init; } = 10_000;

    /// <summary>How far ahead of this clock a capture may lie, milliseconds.</summary>
    public double MaxAhead { get; init; } = 1_000;

    /// <summary>What is wrong, one line a fault; empty when all is valid.</summary>
    public IEnumerable<string> Faults()
    {
        if (!IPAddress.TryParse(Address, out _)) yield return $"{Section}:Address='{Address}': allowed is an IP address";
        for (var i = 0; i < Sockets.Count; i++)
        {
            if (Sockets[i].Port is < 0 or > 65535)
                yield return $"{Section}:Sockets:{i}:Port={Sockets[i].Port}: allowed is 0 … 65535 (0: any free one)";
        }

        if (ReceiveBufferBytes < 4096) yield return $"{Section}:ReceiveBufferBytes={ReceiveBufferBytes}: allowed is 4096 or more";
        if (BatchSize is < 1 or > 1024) yield return $"{Section}:BatchSize={BatchSize}: allowed is 1 … 1024";
        if (MaxPendingTokens < 1) yield return $"{Section}:MaxPendingTokens={MaxPendingTokens}: allowed is 1 or more";
        if (MaxScenePendingTokens < 1) yield return $"{Section}:MaxScenePendingTokens={MaxScenePendingTokens}: allowed is 1 or more";
        if (MaxOpenWindows < 1) yield return $"{Section}:MaxOpenWindows={MaxOpenWindows}: allowed is 1 or more";
        if (MaxSceneWindows < 1) yield return $"{Section}:MaxSceneWindows={MaxSceneWindows}: allowed is 1 or more";
        if (!(MaxAge is > 0 and <= 3_600_000)) yield return $"{Section}:MaxAge={MaxAge}: allowed is above 0 … 3600000 ms";
        if (!(MaxAhead is >= 0 and <= 3_600_000)) yield return $"{Section}:MaxAhead={MaxAhead}: allowed is 0 … 3600000 ms";
    }
}

/// <summary>One UDP socket.</summary>
public sealed class IngressSocketOptions
{
    /// <summary>UDP port.</summary>
    public int Port { get; init; } = 5005;

    /// <summary>Scene of packets that name none; empty is the first scene.</summary>
    public string Scene { get; init; } = "";
}
