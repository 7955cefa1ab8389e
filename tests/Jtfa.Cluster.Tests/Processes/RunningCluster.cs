using System.Globalization;
using System.Net;
using System.Text.Json;
using Jtfa.Interfaces;
using Jtfa.Testbed.Hosts;
using Jtfa.Testing.Language;
using Npgsql;

namespace Jtfa.Cluster.Tests.Processes;

/// <summary>What a cluster is made of, and the load that its cameras make.</summary>
internal sealed record ClusterPlan
{
    public int FusionSilos { get; init; } = 3;

    public int CameraSilos { get; init; } = 2;

    /// <summary>The models of each language silo, all of them of one small file.</summary>
    public IReadOnlyList<string[]> Models { get; init; } = [];

    public int Scenes { get; init; } = 4;

    public int Views { get; init; } = 4;

    public double RateHz { get; init; } = 50;

    /// <summary>The hosts of the silos, fusion silos first; null: all are on this one's loopback.</summary>
    public IReadOnlyList<TestHost>? Hosts { get; init; }

    /// <summary>Whether each fusion silo keeps its spool on a small disk of its own, which a test may fill and which goes with its
    /// process.</summary>
    public bool HasSmallDisks { get; init; }

    /// <summary>The file of a language model that the fusion silos share; null: there is none.</summary>
    public string? ModelFile { get; init; }

    /// <summary>Its blocks on each fusion silo, the starter's first.</summary>
    public int[] ModelBlocks { get; init; } = [];

    /// <summary>The solver makes its plan, and the first fusion silo, which alone has the file, is its starter.</summary>
    public bool IsModelPlanned { get; init; }

    /// <summary>MiB that language models may take on each fusion silo; empty: as much as they like.</summary>
    public int[] ModelMiB { get; init; } = [];

    /// <summary>The last fusion silos, which a test starts later.</summary>
    public int LateSilos { get; init; }

    /// <summary>Options for every silo besides.</summary>
    public string[] Options { get; init; } = [];

    /// <summary>Options for every camera silo besides.</summary>
    public string[] CameraOptions { get; init; } = [];

    public int K { get; init; } = 3;

    /// <summary>Milliseconds.</summary>
    public double T { get; init; } = 60;

    public IEnumerable<string> SceneNames => Enumerable.Range(0, Scenes).Select(SceneName);

    public static string SceneName(int index) => string.Create(CultureInfo.InvariantCulture, $"yard-{index}");
}

/// <summary>A cluster of <c>jtfa silo</c> processes on one database, its cameras sending random tokens at the plan's rate.</summary>
internal sealed class RunningCluster : IAsyncDisposable
{
    private static readonly string[] s_everywhere = ["--bind", "0.0.0.0"];

    private readonly List<ClusterSilo> _members = [];

    private RunningCluster(Workspace workspace, ClusterPlan plan, string connection) =>
        (Workspace, Plan, ConnectionString) = (workspace, plan, connection);

    public Workspace Workspace { get; }

    /// <summary>The secret that its first silo made.</summary>
    public ClusterSecret Secret => new(File.ReadAllText(Path.Combine(Workspace.Path, "jtfa-cluster.secret")).Trim());

    public ClusterPlan Plan { get; }

    public string ConnectionString { get; }

    public IReadOnlyList<ClusterSilo> Members => _members;

    public IReadOnlyList<ClusterSilo> Fusion => [.. _members.Where(member => member.Role == "fusion")];

    public IReadOnlyList<ClusterSilo> Language => [.. _members.Where(member => member.Role == "language")];

    public IReadOnlyList<ClusterSilo> Cameras => [.. _members.Where(member => member.Role == "camera")];

    /// <summary>Starts the fusion silos all at once, then the others, and waits until all are up.</summary>
    public static async Task<RunningCluster> StartAsync(Workspace workspace, ClusterPlan plan, string connection)
    {
        var cluster = new RunningCluster(workspace, plan, connection);
        try
        {
            for (var i = 0; i < plan.FusionSilos; i++)
                cluster._members.Add(cluster.Member(workspace, "fusion", i, cluster.FusionConfiguration(i)));
            for (var i = 0; i < plan.CameraSilos; i++)
                cluster._members.Add(cluster.Member(workspace, "camera", i, cluster.CameraConfiguration(i)));
            for (var i = 0; i < plan.Models.Count; i++)
                cluster._members.Add(cluster.Member(workspace, "language", i, cluster.LanguageConfiguration(i)));
            await Task.WhenAll(cluster.Fusion.SkipLast(plan.LateSilos).Select(member => member.StartAsync()));
            await Task.WhenAll(cluster._members.Except(cluster.Fusion).Select(member => member.StartAsync()));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The decisions in the log with the numbers of their rows, and how many of them stand there twice.</summary>
    public async Task<(Dictionary<(string Scene, long Decision), long> Numbers, int Duplicates)> ReadLogAsync()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
        await connection.OpenAsync(cancellation);
        await using var command = new NpgsqlCommand("SELECT scene, decision, number FROM decisions", connection);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        var numbers = new Dictionary<(string, long), long>();
        var duplicates = 0;
        while (await rows.ReadAsync(cancellation))
            if (!numbers.TryAdd((rows.GetString(0), rows.GetInt64(1)), rows.GetInt64(2))) duplicates++;
        return (numbers, duplicates);
    }

    /// <summary>The windows that a camera has sent a token of, by its silo's spans.</summary>
    public async Task<HashSet<(string Scene, long Decision)>> ReadCapturedAsync()
    {
        var captured = new HashSet<(string, long)>();
        for (var silo = 0; silo < Plan.CameraSilos; silo++)
        {
            await foreach (var line in File.ReadLinesAsync(SpanFile(silo), TestContext.Current.CancellationToken))
            {
                // The last line may be half written.
                if (!line.EndsWith('}')) continue;
                using var span = JsonDocument.Parse(line);
                var tags = span.RootElement.GetProperty("tags");
                if (tags.TryGetProperty("sequence", out _))
                    captured.Add((tags.GetProperty("scene").GetString()!, tags.GetProperty("decision").GetInt64()));
            }
        }

        return captured;
    }

    public async ValueTask DisposeAsync()
    {
        // All of them end, also where one has printed what fails its test.
        await Task.WhenAll(_members.Select(member => member.DisposeAsync().AsTask()));
    }

    private ClusterSilo Member(Workspace workspace, string role, int index, object configuration)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{role}-{index}");
        var file = Path.Combine(workspace.Path, $"{name}.json");
        File.WriteAllText(file, JsonSerializer.Serialize(new { Jtfa = configuration }));
        var host = Plan.Hosts?[_members.Count];
        var (siloPort, clientPort, udpPort, httpPort) = (FreePorts.Next(), FreePorts.Next(), FreePorts.Next(), FreePorts.Next());
        string[] ofRole = role switch
        {
            "fusion" => ["--port", Text(udpPort), .. host is null ? [] : s_everywhere],
            "camera" => Plan.CameraOptions,
            _ => ["--threads", "1", "--memory", "512MiB"],
        };
        string[] arguments =
        [
            "--config", file, "--role", role, "--address", $"{host?.Address ?? IPAddress.Loopback}", "--silo-port", Text(siloPort),
            "--client-port", Text(clientPort), "--http", $"127.0.0.1:{Text(httpPort)}",
            .. ofRole, .. Plan.Options,
        ];
        var disk = Plan.HasSmallDisks && role == "fusion" ? Directory.CreateDirectory(workspace[$"{name}.disk"]).FullName : null;
        if (disk is not null) arguments = [.. arguments, "--set", $"Jtfa:Log:SpoolPath={Path.Combine(disk, "spool")}"];
        return new ClusterSilo(name, role, workspace, arguments, ConnectionString, host, disk)
        {
            SiloPort = siloPort,
            ClientPort = clientPort,
            UdpPort = udpPort,
            HttpPort = httpPort,
        };
    }

    // K of N by the timestamp: windows are as wide as the cameras' period.
    private object FusionConfiguration(int silo) => new
    {
        Cluster = new { SiloName = $"fusion-{silo}" },
        Language = new
        {
            Threads = 1,
            MemoryMiB = Plan.ModelMiB.Length > 0 ? Plan.ModelMiB[silo] : 0,
            CacheFolder = Workspace[$"fusion-{silo}.models"],
            Models = ModelsOf(silo),
        },
        Scenes = Plan.SceneNames.Select(name => new { Name = name, Plan.K, N = Plan.Views, Plan.T, W = 1000 / Plan.RateHz }),
    };

    private object[] ModelsOf(int silo)
    {
        if (Plan.ModelFile is null || (Plan.IsModelPlanned && silo > 0)) return [];
        return Plan.IsModelPlanned
            ? [new { Name = "staged", File = Plan.ModelFile, Plan = "auto", Pages = 4096 }]
            : [new { Name = "staged", File = Plan.ModelFile, Plan = Stages() }];
    }

    private object LanguageConfiguration(int silo)
    {
        var file = Workspace["small.gguf"];
        if (!File.Exists(file)) RandomModel.Write(file, "llama:mqa", context: 100_000);
        return new { Language = new { Models = Plan.Models[silo].Select(name => new { Name = name, File = file, Pages = 4096 }) } };
    }

    // Each camera silo has some views of every scene.
    private object CameraConfiguration(int silo) => new
    {
        Telemetry = new { SpanFile = SpanFile(silo) },
        Cameras = from scene in Plan.SceneNames
                  from view in Enumerable.Range(0, Plan.Views)
                  where view % Plan.CameraSilos == silo
                  select new
                  {
                      Scene = scene,
                      Camera = $"view-{view}",
                      View = view,
                      Plan.RateHz,
                      Source = new { Kind = "Random", Seed = view },
                  },
    };

    private IEnumerable<object> Stages() => Plan.ModelBlocks.Select((count, silo) => new
    {
        Silo = $"fusion-{silo}",
        First = Plan.ModelBlocks[..silo].Sum(),
        Count = count,
    });

    private string SpanFile(int silo) => Path.Combine(Workspace.Path, $"camera-{silo}.spans");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
