namespace Jtfa.Cli.Commands;

/// <summary>Options of a silo that may be a member of a cluster (docs/cluster.md).</summary>
internal sealed class ClusterSiloOptions : SiloOptions
{
    public ClusterSiloOptions()
    {
        Add<string?>("--cluster", "How silos find each other: localhost (one silo, the default) or postgres.", "Jtfa:Cluster:Provider");
        Add<string?>("--connection", "Npgsql connection string of the cluster's database; Jtfa__Cluster__ConnectionString in the environment keeps it out of process lists.", "Jtfa:Cluster:ConnectionString");
        Add<string?>("--role", "What this silo is for: fusion, camera or both (the default).", "Jtfa:Cluster:Role");
        AddList("--camera", "A camera view that this silo owns, scene/camera (repeatable): it runs here and nowhere else.", "Jtfa:Cluster:Views");
        Add<string?>("--cluster-id", "The cluster's name (default jtfa).", "Jtfa:Cluster:ClusterId");
        Add<string?>("--address", "IP address at which other silos reach this one (default: the first that is not loopback).", "Jtfa:Cluster:Address");
        Add<int?>("--silo-port", "TCP port for other silos (default 11111).", "Jtfa:Cluster:SiloPort");
        Add<int?>("--client-port", "TCP port for cluster clients (default 30000).", "Jtfa:Cluster:ClientPort");
        Add<string?>("--http", "Address to serve Orleans' dashboard on (default 127.0.0.1).", "Jtfa:Http:Address");
        Add<int?>("--http-port", "Port to serve it on (default 5080; 0: any free one).", "Jtfa:Http:Port");
    }
}
