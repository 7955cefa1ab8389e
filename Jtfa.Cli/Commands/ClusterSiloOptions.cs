using System.Globalization;
using Jtfa.Cli.Commands.Language;
using Jtfa.Silo.Cluster;
using Jtfa.Silo.Language;

namespace Jtfa.Cli.Commands;

/// <summary>Options of a silo that may be a member of a cluster (docs/cluster.md).</summary>
internal sealed class ClusterSiloOptions : SiloOptions
{
    public ClusterSiloOptions()
    {
        Add<ClusterProvider?>("--cluster", "How silos find each other: Localhost is one silo, the default.", "Jtfa:Cluster:Provider");
        Add<string?>(
            "--connection",
            "Npgsql connection string of the cluster's database; Jtfa__Cluster__ConnectionString in the environment keeps it out of " +
            "process lists.", "Jtfa:Cluster:ConnectionString");
        Add<SiloRole?>("--role", "What this silo is for (default Both); several with commas: camera,language.", "Jtfa:Cluster:Role");
        Add<string?>("--cluster-id", "The cluster's name (default jtfa).", "Jtfa:Cluster:ClusterId");
        Add<string?>(
            "--address", "IP address at which other silos reach this one (default: the first that is not loopback).",
            "Jtfa:Cluster:Address");
        Add<int?>("--silo-port", "TCP port for other silos (default 11111).", "Jtfa:Cluster:SiloPort");
        Add<int?>("--client-port", "TCP port for clients of the cluster (default: none are taken).", "Jtfa:Cluster:ClientPort");
        Add<string?>(
            "--http",
            "Address and port to serve the live page and the API on (default 127.0.0.1:5080; port 0: any free one). Beyond loopback " +
            "callers need the token that 'jtfa doctor' shows.",
            HttpKeys, "Jtfa:Http:Address", "Jtfa:Http:Port");
        Add<int?>(
            "--threads", "Threads that compute language models, all of them together (default: all cores but one).",
            "Jtfa:Language:Threads");
        Add<string?>(
            "--memory",
            "Memory for weights and pages of language models, all of them together, as 2GiB or 512MiB (default: half of what the process " +
            "may have).",
            MemoryKey, "Jtfa:Language:MemoryMiB");
        Add<string?>(
            "--plan",
            "Which silos have which blocks of the first language model of the configuration: 'auto' for the solver's plan, or a file, as " +
            "'jtfa model plan' takes it.",
            PlanKey, "Jtfa:Language:Models:0:Plan");
    }

    private static IEnumerable<KeyValuePair<string, string?>> PlanKey(string? value) =>
        [new("Jtfa:Language:Models:0:Plan", value == PlanOptions.Auto ? value : ModelPlanCommand.PlanTextOf("--plan", value!))];

    private static IEnumerable<KeyValuePair<string, string?>> MemoryKey(string? value) =>
        [new("Jtfa:Language:MemoryMiB", MemorySize.Parse("--memory", value!).ToString(CultureInfo.InvariantCulture))];

    // ADDRESS or ADDRESS:PORT, of IPv6 [ADDRESS]:PORT; the check of the silo's options refuses anything else.
    private static IEnumerable<KeyValuePair<string, string?>> HttpKeys(string? value)
    {
        var colon = value!.LastIndexOf(':');
        if (colon != value.IndexOf(':', StringComparison.Ordinal) && (colon == 0 || value[colon - 1] != ']')) colon = -1;
        yield return new("Jtfa:Http:Address", (colon < 0 ? value : value[..colon]).Trim('[', ']'));
        if (colon >= 0) yield return new("Jtfa:Http:Port", value[(colon + 1)..]);
    }
}
