using Jtfa.Core;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Silo.Ingress;
using Jtfa.Silo.Scenes;
using Jtfa.Silo.Trust;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>A gateway on real sockets of the loopback interface, whose lanes only record and whose loops can be held.</summary>
internal sealed class GatewayStage : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("jtfa-ingress-");
    private readonly List<TokenSender> _senders = [];

    private GatewayStage(
        IngressOptions options, IReadOnlyList<SceneOptions> scenes, ViewKeysOptions? keys, Func<string, Task>? answer, bool records,
        double? maxNorm)
    {
        var head = AxisHead.Write(_folder.FullName, maxNorm);
        var withHead = scenes.Select(
            scene => new SceneOptions
            {
                Name = scene.Name,
                Index = scene.Index,
                T = scene.T,
                Keying = scene.Keying,
                Head = head,
                Lanes = scene.Lanes,
                Authentication = scene.Authentication,
                Views = [.. Enumerable.Range(0, ScenePolicy.MaxViews)],
            });
        var catalog = SceneHeads.Load(new ScenesOptions { Scenes = [.. withHead] });
        (var grains, Lanes) = RecordedLanes.Create(scenes, answer, records);
        Gateway = new UdpGateway(
            Options.Create(options), catalog, new ViewKeys(keys ?? new()), grains, Counters, Clock, new WallClock(Clock), Log);
    }

    public StallingClock Clock { get; } = new();

    public CollectedLog Log { get; } = new();

    public IngressCounters Counters { get; } = new();

    public RecordedLanes Lanes { get; }

    public UdpGateway Gateway { get; }

    /// <summary>A socket on any free port unless told otherwise.</summary>
    public static IngressSocketOptions Socket(int port = 0, string scene = "") => new() { Port = port, Scene = scene };

    /// <summary>A scene whose windows are those of the packets' decision ids and stay open for long.</summary>
    public static SceneOptions BySequence(string name = "yard") => new() { Name = name, Keying = WindowKeying.Sequence, T = 60_000 };

    /// <summary>One socket on any free port for the first scene.</summary>
    public static List<IngressSocketOptions> AnyPort => [Socket()];

    public static async Task<GatewayStage> StartAsync(
        IngressOptions? options = null, IReadOnlyList<SceneOptions>? scenes = null, Func<string, Task>? answer = null, bool records = true,
        ViewKeysOptions? keys = null, double? maxNorm = null)
    {
        options ??= new IngressOptions { Sockets = AnyPort };
        var stage = new GatewayStage(options, scenes ?? [BySequence()], keys, answer, records, maxNorm);
        try
        {
            await stage.Gateway.StartAsync(TestContext.Current.CancellationToken);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>A sender to one of the gateway's sockets.</summary>
    public TokenSender Sender(int socket = 0)
    {
        var sender = new TokenSender(Gateway.EndPoints[socket]);
        _senders.Add(sender);
        return sender;
    }

    /// <summary>Holds the loop of a socket: what is sent from now on is in its next drain.</summary>
    public async Task HoldAsync(TokenSender sender)
    {
        Clock.Hold();
        sender.Send([]); // any datagram makes the loop ask for the time
        await Clock.HeldAsync();
    }

    /// <summary>Waits until all that was sent is received and looked at.</summary>
    public async Task TakenAsync()
    {
        Clock.Release();
        var sent = _senders.Sum(sender => sender.Sent);
        await Condition.HoldsAsync(() => Counters.Received + Counters.KernelDrops, seen => seen >= sent, $"{sent} datagrams received");

        // A datagram is counted before it is looked at; a further one is taken when those before it are done with.
        foreach (var sender in _senders)
        {
            var drains = Clock.Drains;
            sender.Send([]);
            await Condition.HoldsAsync(() => Clock.Drains, seen => seen > drains, "another drain");
        }
    }

    public async ValueTask DisposeAsync()
    {
        Clock.Release();
        foreach (var sender in _senders) sender.Dispose();
        await Gateway.DisposeAsync();
        Clock.Dispose();
        Log.Dispose();
        _folder.Delete(recursive: true);
    }
}
