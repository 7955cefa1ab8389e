using Jtfa.Silo;
using Jtfa.Silo.Http;
using Jtfa.Silo.Ingress;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Jtfa.Client.Tests.Stage;

/// <summary>
/// A whole silo in this process, with two scenes, yard and hall: real sockets, grains, database and web server, all on free ports.
/// </summary>
internal sealed class LiveSilo : IAsyncDisposable
{
    public const string Scene = "yard";
    public const string Other = "hall";

    private readonly WebApplication _application;
    private TokenSocket? _socket;

    private LiveSilo(Workspace workspace, int httpPort, string address, IEnumerable<KeyValuePair<string, string?>> more)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = workspace.Path });
        builder.Configuration.AddInMemoryCollection(Settings(workspace));
        builder.Configuration.AddInMemoryCollection(more);
        builder.Logging.AddProvider(Log);
        var http = new HttpOptions { Address = address, Port = httpPort, TokenFile = workspace["http.token"] };
        var settings = Program.AddSilo(builder) with { Http = http };
        builder.AddJtfaHttp(settings);
        _application = builder.Build();
        _application.MapJtfaHttp(settings);
    }

    public CollectedLog Log { get; } = new();

    public IClusterClient Cluster => _application.Services.GetRequiredService<IClusterClient>();

    public int HttpPort => new Uri(_application.HttpAddress()).Port;

    public Uri Http => new($"http://127.0.0.1:{HttpPort}");

    /// <summary>Sends tokens to it.</summary>
    public TokenSocket Socket => _socket ??= new TokenSocket(_application.Services.GetRequiredService<UdpGateway>().EndPoints[0].Port);

    /// <summary>Starts a silo on the database of a workspace.</summary>
    /// <param name="workspace">Where its files are.</param>
    /// <param name="httpPort">TCP port; 0 takes any free one.</param>
    /// <param name="address">IP address to serve on; beyond loopback it wants a token, which is in the workspace's http.token.</param>
    /// <param name="settings">What else it is configured with.</param>
    public static async Task<LiveSilo> StartAsync(
        Workspace workspace, int httpPort = 0, string address = "127.0.0.1", IEnumerable<KeyValuePair<string, string?>>? settings = null)
    {
        var silo = new LiveSilo(workspace, httpPort, address, settings ?? []);
        await SiloRun.StartAsync(() => silo._application, TestContext.Current.CancellationToken);
        return silo;
    }

    /// <summary>
    /// Sends the tokens of decisions, K of each; the last digit of an id is its label, and every third is decided wrongly.
    /// </summary>
    public void Decide(IEnumerable<long> ids, string scene = Scene)
    {
        foreach (var id in ids)
        {
            var truth = (int)(id % Workspace.Classes);
            foreach (var view in new[] { 0, 1 })
                Socket.Send(id, view, id % 3 == 0 ? (truth + 1) % Workspace.Classes : truth, scene: scene, truth: truth);
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _application.StopAsync(CancellationToken.None);
        }
        finally
        {
            _socket?.Dispose();
            await _application.DisposeAsync();
        }
    }

    private static Dictionary<string, string?> Settings(Workspace workspace)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Jtfa:Ingress:Sockets:0:Port"] = "0",
            ["Jtfa:Log:Path"] = workspace.Database,
            ["Jtfa:Cluster:SiloPort"] = $"{FreePorts.Next()}",
            ["Jtfa:Cluster:ClientPort"] = $"{FreePorts.Next()}",
        };
        var head = workspace.WriteHead();
        foreach (var (i, scene) in new[] { Scene, Other }.Index())
        {
            settings[$"Jtfa:Scenes:{i}:Name"] = scene;
            settings[$"Jtfa:Scenes:{i}:Head"] = head;
            settings[$"Jtfa:Scenes:{i}:Keying"] = "Sequence";
            settings[$"Jtfa:Scenes:{i}:K"] = "2";
            settings[$"Jtfa:Scenes:{i}:N"] = "3";
            settings[$"Jtfa:Scenes:{i}:T"] = "300";
        }

        return settings;
    }
}
