using System.Net;

namespace Jtfa.Silo.Http;

/// <summary>Where a fusion silo serves HTTP (configuration section <c>Jtfa:Http</c>): Orleans' dashboard, so only where Orleans runs.</summary>
public sealed class HttpOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Jtfa:Http";

    /// <summary>Whether it serves at all.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>IP address to listen on. Nobody is asked who they are: anything but loopback opens the dashboard to that network.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>TCP port; 0 takes any free one.</summary>
    public int Port { get; init; } = 5080;

    /// <summary>What is wrong, one line a fault; empty when all is valid.</summary>
    public IEnumerable<string> Faults()
    {
        if (!IPAddress.TryParse(Address, out _)) yield return $"{Section}:Address={Address}: allowed is an IP address of this machine";
        if (Port is < 0 or > 65535) yield return $"{Section}:Port={Port}: allowed is 0 … 65535 (0: any free one)";
    }
}
