using Jtfa.Core;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Silo.Http;
using Jtfa.Silo.Ingress;
using Jtfa.Silo.Notifications;
using Jtfa.Silo.Tests.Ingress;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Core.Internal;

namespace Jtfa.Silo.Tests.Http;

/// <summary>A whole silo in this process with its HTTP server on a free port, a log in SQLite and two scenes, "yard" and "gate".</summary>
internal sealed class HttpSilo : IAsyncDisposable
{
    public const string Scene = "yard";
    public const string Other = "gate";

    private static readonly DateTimeOffset s_begin = DateTimeOffset.UtcNow;

    private readonly WebApplication _application;
    private readonly List<TokenSender> _senders = [];

    private HttpSilo(DirectoryInfo folder, Dictionary<string, string?> settings, int port)
    {
        Folder = folder;
        var head = AxisHead.Write(folder.FullName);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Jtfa:Ingress:Sockets:0:Port"] = "0",
            ["Jtfa:Scenes:0:Name"] = Scene,
            ["Jtfa:Scenes:0:Keying"] = "Sequence",
            ["Jtfa:Scenes:0:Head"] = head,
            ["Jtfa:Scenes:1:Name"] = Other,
            ["Jtfa:Scenes:1:Head"] = head,
            ["Jtfa:Log:Path"] = Path.Combine(folder.FullName, "jtfa.db"),
            ["Jtfa:Log:GroupCommitMs"] = "5",
            ["Jtfa:Http:Port"] = $"{port}",
            ["Jtfa:Http:TokenFile"] = TokenFile,
        });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.AddProvider(Log);
        var silo = Program.AddSilo(builder);
        builder.AddJtfaHttp(silo);
        _application = builder.Build();
        _application.MapJtfaHttp(silo);
    }

    public DirectoryInfo Folder { get; }

    public string TokenFile => Path.Combine(Folder.FullName, "http.token");

    public CollectedLog Log { get; } = new();

    public Uri Address => new(_application.HttpAddress().Replace("0.0.0.0", "127.0.0.1"));

    public UdpGateway Gateway => _application.Services.GetRequiredService<UdpGateway>();

    /// <summary>What tells decisions outside, of which the settings name one.</summary>
    public Notifier Notifier => _application.Services.GetServices<IDecisionListener>().OfType<Notifier>().Single();

    public Readers Readers => _application.Services.GetRequiredService<Readers>();

    public HttpClient Client { get; private set; } = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static Task<HttpSilo> StartAsync(params (string Key, string Value)[] settings) =>
        StartAsync(Directory.CreateTempSubdirectory("jtfa-http-"), port: 0, settings);

    /// <summary>A silo in the folder of another, as after a restart.</summary>
    public static async Task<HttpSilo> StartAsync(DirectoryInfo folder, int port, params (string Key, string Value)[] settings)
    {
        var silo = new HttpSilo(folder, settings.ToDictionary(setting => setting.Key, setting => (string?)setting.Value), port);
        await SiloRun.StartAsync(() => silo._application, Cancel);
        silo.Client = new HttpClient { BaseAddress = silo.Address, Timeout = TimeSpan.FromSeconds(30) };
        return silo;
    }

    public IGrainFactory Grains => _application.Services.GetRequiredService<IGrainFactory>();

    public ISceneGrain Grain(string scene = Scene) => Grains.GetGrain<ISceneGrain>(scene);

    public TokenSender Sender()
    {
        var sender = new TokenSender(Gateway.EndPoints[0]);
        _senders.Add(sender);
        return sender;
    }

    /// <summary>Reports decisions as lanes do; completes when all are published.</summary>
    public async Task DecideAsync(long from, long count, string scene = Scene)
    {
        for (var id = from; id < from + count; id++) Assert.Empty(await Grain(scene).ReportAsync(new LaneReport([Made(id, scene)], [])));
    }

    /// <summary>The id of a decision that fires a second from now: a reader without a place is given what fires after it came.</summary>
    public static long NextId() => (long)(DateTimeOffset.UtcNow.AddSeconds(1) - s_begin).TotalMilliseconds;

    /// <summary>
    /// Ends a scene's activation, as where its silo stops; the next call brings up another, which knows none of its followers.
    /// </summary>
    public async Task EndSceneAsync(string scene = Scene) =>
        await Grain(scene).AsReference<IGrainManagementExtension>().DeactivateOnIdle(Cancel);

    /// <summary>Logs decisions that no stream tells of, as one that has failed.</summary>
    public async Task LogAsync(long from, long count)
    {
        var log = _application.Services.GetRequiredService<IDecisionLog>();
        for (var id = from; id < from + count; id++) await log.AppendAsync(Made(id));
    }

    /// <summary>A decision whose values follow from its id; of one a millisecond.</summary>
    public static Decision Made(long id, string scene = Scene) => new()
    {
        Scene = scene,
        Id = id,
        Timestamp = (s_begin - DateTimeOffset.UnixEpoch).TotalSeconds + (id * 0.001),
        Cause = id % 5 == 0 ? FireCause.T : FireCause.K,
        M = id % 5 == 0 ? 2 : 3,
        FillRatio = id % 5 == 0 ? 0.5 : 0.75,
        Bytes = 330,
        LatMean = 0.01 + (id % 7 * 0.001),
        P50 = 0.01,
        P90 = 0.02,
        P99 = 0.02,
        TailFactor = 2,
        Pred = (int)(id % 3),
        Gt = id % 4 == 0 ? -1 : (int)(id % 2),
        Confidence = 0.5,
        Views = id % 5 == 0 ? [0, 1] : [0, 1, 2],
    };

    /// <summary>Stops it and keeps its folder.</summary>
    public async Task StopAsync()
    {
        foreach (var sender in _senders) sender.Dispose();
        _senders.Clear();
        await _application.StopAsync(CancellationToken.None);
        await _application.DisposeAsync();
        Client.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Folder.Delete(recursive: true);
    }
}
