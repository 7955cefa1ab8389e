using System.Net;

namespace Jtfa.Silo.Http;

/// <summary>
/// Where a fusion silo serves HTTP (configuration section <c>Jtfa:Http</c>): the API, the live page, metrics, Orleans' dashboard.
/// </summary>
public sealed class HttpOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Jtfa:Http";

    /// <summary>Whether it serves at all.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>IP address to listen on. Anything but loopback wants a token of every caller (<see cref="AccessToken"/>).</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>
    /// The path that a proxy leaves in requests, such as <c>/jtfa</c>; empty where it takes its path away, or there is none. Requests
    /// without it are answered, too.
    /// </summary>
    public string BasePath { get; init; } = "";

    /// <summary>TCP port; 0 takes any free one.</summary>
    public int Port { get; init; } = 5080;

    /// <summary>Whether callers on loopback must show the token, too: needed if a proxy on this machine lets others in.</summary>
    public bool RequireToken { get; init; }

    /// <summary>Whether cameras can be switched off and on by HTTP, and on the live page.</summary>
    public bool CameraSwitches { get; init; }

    /// <summary>Where the token is kept: made at the first start that wants one, readable by its owner only.</summary>
    public string TokenFile { get; init; } = "jtfa-http.token";

    /// <summary>Readers of live decisions and of the live page at a time; more are refused.</summary>
    public int MaxReaders { get; init; } = 256;

    /// <summary>
    /// Connections that one address elsewhere may have open (of IPv6 a /64); more are closed. Loopback is exempt: a reverse proxy there
    /// stands for many. One on another machine needs as many as it has callers.
    /// </summary>
    public int MaxConnectionsPerAddress { get; init; } = 128;

    /// <summary>
    /// Bytes a second that all of these readers get together; what they do not get now they get later, so that no number of them keeps the
    /// silo from deciding.
    /// </summary>
    public int ReaderBytesPerSecond { get; init; } = 16 * 1024 * 1024;

    /// <summary>Whether callers must show the token.</summary>
    public bool WantsToken => RequireToken || !(IPAddress.TryParse(Address, out var address) && IPAddress.IsLoopback(address));

    /// <summary>What is wrong, one line a fault; empty when all is valid.</summary>
    public IEnumerable<string> Faults()
    {
        if (!IPAddress.TryParse(Address, out _)) yield return $"{Section}:Address={Address}: allowed is an IP address of this machine";
        if (BasePath.Length > 0 && !(BasePath is ['/', _, ..] and [.., not '/'] && Uri.IsWellFormedUriString(BasePath, UriKind.Relative)))
            yield return $"{Section}:BasePath={BasePath}: allowed is a path such as /jtfa";
        if (Port is < 0 or > 65535) yield return $"{Section}:Port={Port}: allowed is 0 … 65535 (0: any free one)";
        if (string.IsNullOrWhiteSpace(TokenFile)) yield return $"{Section}:TokenFile is empty: allowed is a file's path";
        if (MaxReaders is < 1 or > 10_000) yield return $"{Section}:MaxReaders={MaxReaders}: allowed is 1 … 10000";
        if (MaxConnectionsPerAddress is < 1 or > 10_000)
            yield return $"{Section}:MaxConnectionsPerAddress={MaxConnectionsPerAddress}: allowed is 1 … 10000";
        if (ReaderBytesPerSecond is < 65_536 or > 1_000_000_000)
            yield return $"{Section}:ReaderBytesPerSecond={ReaderBytesPerSecond}: allowed is 65536 … 1000000000";
    }
}
