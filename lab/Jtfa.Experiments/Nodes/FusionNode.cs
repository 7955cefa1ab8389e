using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Jtfa.Client;
using Jtfa.Interfaces;
using Jtfa.Testbed.Hosts;

namespace Jtfa.Experiments.Nodes;

/// <summary>The fusion host's silo, asked by the SDK, as an application would.</summary>
public sealed class FusionNode : IAsyncDisposable
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true };

    private readonly HostProcess _process;
    private readonly HttpClient _http;
    private readonly HttpJtfaClient _client;

    private FusionNode(HostProcess process, IReadOnlyList<IPEndPoint> ports, HttpClient http, Uri address, SpanReader spans)
    {
        (_process, _http, Ports, Spans) = (process, http, ports, spans);
        _client = new HttpJtfaClient(address, new HttpJtfaOptions { Http = http });
    }

    /// <summary>Where tokens that name no scene go: a port for each scene, in their order.</summary>
    public IReadOnlyList<IPEndPoint> Ports { get; }

    /// <summary>What it tells of each decision and each commit.</summary>
    public SpanReader Spans { get; }

    /// <summary>Starts a silo with these scenes.</summary>
    /// <param name="host">Where.</param>
    /// <param name="program">The program.</param>
    /// <param name="folder">An empty folder for its configuration, log and spans.</param>
    /// <param name="scenes">Its scenes.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="Jtfa.Testbed.TestbedException">It did not start; the message says why.</exception>
    public static async Task<FusionNode> StartAsync(
        TestHost host, JtfaProgram program, string folder, IReadOnlyList<FusionScene> scenes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(program);
        Directory.CreateDirectory(folder);
        var spans = new SpanReader(Path.Combine(folder, "fusion-spans.jsonl"));
        await File.WriteAllTextAsync(Path.Combine(folder, "fusion.json"), Configuration(host, scenes, spans.Path), cancellationToken);
        var process = await HostProcess.StartAsync(host, "the fusion node", folder, program.With("silo", "--config", "fusion.json"));
        try
        {
            await process.SaysAsync(SiloLines.Up(), cancellationToken);
            var ports = process.Lines.Select(line => SiloLines.Taking().Match(line)).Where(match => match.Success)
                .Select(match => new IPEndPoint(host.Address, int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)));
            var address = (await process.SaysAsync(SiloLines.Serving(), cancellationToken)).Groups[1].Value;
            return new FusionNode(process, [.. ports], HttpOn(host), new Uri(address), spans);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>The decisions of a scene that fired in a span of time, oldest first.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="from">Seconds since 1970.</param>
    /// <param name="to">The end, not included.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<IReadOnlyList<Decision>> DecisionsAsync(string scene, double from, double to, CancellationToken cancellationToken)
    {
        _process.MustRun();
        var query =
            new DecisionQuery { Scene = scene, From = Time(from), To = Time(to), OldestFirst = true, Limit = DecisionQuery.MaxLimit };
        var decisions = new List<Decision>();
        await foreach (var decision in _client.QueryAsync(query, cancellationToken)) decisions.Add(decision);
        return decisions;
    }

    /// <summary>Stops it.</summary>
    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _http.Dispose();
        await _process.DisposeAsync();
    }

    private static DateTimeOffset Time(double unixSeconds) => DateTimeOffset.UnixEpoch.AddSeconds(unixSeconds);

    private static string Configuration(TestHost host, IReadOnlyList<FusionScene> scenes, string spans) => JsonSerializer.Serialize(
        new
        {
            Jtfa = new
            {
                Ingress = new { Address = host.Address.ToString(), Sockets = scenes.Select(scene => new { Port = 0, Scene = scene.Name }) },
                Scenes = scenes.Select(scene => new { scene.Name, scene.K, scene.N, scene.T, scene.W, scene.Head }),
                Log = new { Path = "fusion.db" },
                Http = new { Port = 0 },
                Cluster = FreePorts.OfSilo(),
                Telemetry = new { SpanFile = spans },
            },
        },
        s_json);

    // The silo serves its API to its own host alone, so the connections are made there.
    private static HttpClient HttpOn(TestHost host) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = await host.MakeAsync(
                () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
            try
            {
                await socket.ConnectAsync(IPAddress.Parse(context.DnsEndPoint.Host), context.DnsEndPoint.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    });
}
