using System.Net;
using Jtfa.Silo.Decisions;

namespace Jtfa.Silo.Cluster;

/// <summary>What a silo is for: one of these, or several.</summary>
[Flags]
public enum SiloRole
{
    /// <summary>It runs the camera views that it declares.</summary>
    Camera = 1,

    /// <summary>It takes tokens, decides and logs, and serves language models where it has some.</summary>
    Fusion = 2,

    /// <summary>It runs cameras, and is a fusion silo.</summary>
    Both = Camera | Fusion,

    /// <summary>It serves language models.</summary>
    Language = 4,
}

/// <summary>How silos find each other.</summary>
public enum ClusterProvider
{
    /// <summary>Not at all: one silo on this machine.</summary>
    Localhost,

    /// <summary>Through a PostgreSQL database, which also keeps grain state and the decision log.</summary>
    Postgres,
}

/// <summary>This silo's place in a cluster (configuration section <c>Jtfa:Cluster</c>, docs/cluster.md).</summary>
public sealed class SiloClusterOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Jtfa:Cluster";

    private static readonly TimeSpan s_longestWait = TimeSpan.FromDays(365);

    /// <summary>How silos find each other.</summary>
    public ClusterProvider Provider { get; init; } = ClusterProvider.Localhost;

    /// <summary>Npgsql connection string of the cluster's database. Never logged.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>What this silo is for.</summary>
    public SiloRole Role { get; init; } = SiloRole.Both;

    /// <summary>The cluster's name: only silos of one name find each other.</summary>
    public string ClusterId { get; init; } = "jtfa";

    /// <summary>What grain state belongs to; stays the same when a new cluster replaces an old one.</summary>
    public string ServiceId { get; init; } = "jtfa";

    /// <summary>This silo's name, which plans of language models use; empty: its address and port for silos.</summary>
    public string SiloName { get; init; } = "";

    /// <summary>IP address at which the other silos reach this one; empty takes this machine's first that is not loopback.</summary>
    public string Address { get; init; } = "";

    /// <summary>TCP port for the other silos.</summary>
    public int SiloPort { get; init; } = 11111;

    /// <summary>TCP port for clients of the cluster; 0: none are taken.</summary>
    public int ClientPort { get; init; }

    /// <summary>The cluster's secret, at least 32 characters; empty takes that of <see cref="SecretFile"/>. Never logged.</summary>
    public string Secret { get; init; } = "";

    /// <summary>The file of the cluster's secret, mode 600; the first start makes it.</summary>
    public string SecretFile { get; init; } = "jtfa-cluster.secret";

    /// <summary>Milliseconds in which a silo must answer a probe.</summary>
    public double ProbeTimeout { get; init; } = 1000;

    /// <summary>Probes in a row that a silo may miss before a prober suspects it.</summary>
    public int MissedProbes { get; init; } = 2;

    /// <summary>Silos that must suspect one for it to count as dead (fewer where fewer are left).</summary>
    public int Votes { get; init; } = 2;

    /// <summary>How long a start waits for PostgreSQL: 0 for not at all.</summary>
    public TimeSpan DatabaseWait { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a silo that is up goes on without PostgreSQL.</summary>
    public TimeSpan DatabaseAway { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Encryption between silos; none by default.</summary>
    public SiloTlsOptions Tls { get; init; } = new();

    /// <summary>Whether it takes tokens and decides.</summary>
    public bool Fuses => Role.HasFlag(SiloRole.Fusion);

    /// <summary>Whether it runs cameras.</summary>
    public bool RunsCameras => Role.HasFlag(SiloRole.Camera);

    /// <summary>Whether it serves language models, and has a log and an API.</summary>
    public bool Serves => (Role & (SiloRole.Fusion | SiloRole.Language)) != 0;

    /// <summary>What is wrong, one line a fault; empty when all is valid. No line has the connection string.</summary>
    public IEnumerable<string> Faults()
    {
        if (!Enum.IsDefined(Provider))
            yield return $"{Section}:Provider={Provider}: allowed is {string.Join(", ", Enum.GetNames<ClusterProvider>())}";
        if (Role == 0 || (Role & ~(SiloRole.Both | SiloRole.Language)) != 0)
            yield return $"{Section}:Role={Role}: allowed is {string.Join(", ", Enum.GetNames<SiloRole>())}, or several with commas";
        if (string.IsNullOrWhiteSpace(ClusterId)) yield return $"{Section}:ClusterId is empty: allowed is a name";
        if (string.IsNullOrWhiteSpace(ServiceId)) yield return $"{Section}:ServiceId is empty: allowed is a name";
        if (SiloName.Any(letter => letter is '/' or ',' || char.IsControl(letter)))
            yield return $"{Section}:SiloName='{SiloName}': allowed is a name without '/' and ','";
        if (Address.Length > 0 && !IPAddress.TryParse(Address, out _))
            yield return $"{Section}:Address={Address}: allowed is an IP address of this machine";
        if (SiloPort is < 1 or > 65535) yield return $"{Section}:SiloPort={SiloPort}: allowed is 1 … 65535";
        if (ClientPort is < 0 or > 65535) yield return $"{Section}:ClientPort={ClientPort}: allowed is 1 … 65535, or 0 for no clients";
        if (!(ProbeTimeout is >= 100 and <= 60_000)) yield return $"{Section}:ProbeTimeout={ProbeTimeout}: allowed is 100 … 60000 ms";
        if (MissedProbes is < 1 or > 100) yield return $"{Section}:MissedProbes={MissedProbes}: allowed is 1 … 100";
        if (Votes is < 1 or > 100) yield return $"{Section}:Votes={Votes}: allowed is 1 … 100";
        if (Secret.Length is > 0 and < Interfaces.ClusterSecret.LeastLength)
            yield return $"{Section}:Secret has {Secret.Length} characters: allowed is {Interfaces.ClusterSecret.LeastLength} or more";
        if (Secret.Length == 0 && string.IsNullOrWhiteSpace(SecretFile))
            yield return $"{Section}:SecretFile is empty: allowed is a file for the cluster's secret";
        if (!(DatabaseWait >= TimeSpan.Zero && DatabaseWait <= s_longestWait))
            yield return $"{Section}:DatabaseWait={DatabaseWait}: allowed is 00:00:00 (not at all) … {s_longestWait}";
        if (!(DatabaseAway > TimeSpan.Zero && DatabaseAway <= s_longestWait))
            yield return $"{Section}:DatabaseAway={DatabaseAway}: allowed is more than 00:00:00, up to {s_longestWait}";
        foreach (var fault in Tls.Faults()) yield return fault;
        if (Provider == ClusterProvider.Postgres && string.IsNullOrWhiteSpace(ConnectionString))
            yield return $"{Section}:ConnectionString is missing: a cluster on PostgreSQL needs one (--connection " +
                "\"Host=db;Database=jtfa;Username=jtfa\")";
        else if (Provider == ClusterProvider.Postgres && !PostgresDialect.NamesDatabase(ConnectionString!))
            yield return $"{Section}:ConnectionString: allowed is Host=<host>;Database=<name>;Username=<user>, and what else Npgsql " +
                "knows (its value is not shown here)";
        if (Provider == ClusterProvider.Localhost && RunsCameras && !Fuses)
            yield return $"{Section}:Role={Role}: a camera silo needs a cluster with fusion silos (--cluster postgres)";
    }
}

/// <summary>Encryption between silos: each shows its certificate, and trusts those of one authority.</summary>
public sealed class SiloTlsOptions
{
    /// <summary>PEM file of this silo's certificate; empty is no encryption.</summary>
    public string Certificate { get; init; } = "";

    /// <summary>PEM file of its private key.</summary>
    public string Key { get; init; } = "";

    /// <summary>PEM file of the certificate authority that signed the silos' certificates.</summary>
    public string Authority { get; init; } = "";

    /// <summary>What is wrong, one line a fault.</summary>
    public IEnumerable<string> Faults()
    {
        const string section = $"{SiloClusterOptions.Section}:Tls";
        if (Certificate.Length == 0 && Key.Length + Authority.Length > 0)
            yield return $"{section}:Certificate is missing: allowed is a PEM file";
        if (Certificate.Length == 0) yield break;
        foreach (var (setting, file) in new[] { (nameof(Certificate), Certificate), (nameof(Key), Key), (nameof(Authority), Authority) })
            if (!File.Exists(file)) yield return $"{section}:{setting}={file}: there is no such file";
    }
}
