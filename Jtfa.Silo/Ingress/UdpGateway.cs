using System.Net;
using System.Net.Sockets;
using Jtfa.Core;
using Jtfa.Grains;
using Jtfa.Silo.Cluster;
using Jtfa.Silo.Trust;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo.Ingress;

/// <summary>
/// The UDP ingress of this silo: one receive loop a socket. Starts after the grains can be called. When it stops it takes nothing
/// more; then the windows that are open move to another silo, or, where there is none, are waited for until they have fired: a decision
/// under way is not lost.
/// </summary>
public sealed partial class UdpGateway : IHostedService, IAsyncDisposable
{
    // A service manager does not wait for ever: windows with a longer timeout end unfired, and their lane logs it.
    private static readonly TimeSpan s_longestDrain = TimeSpan.FromSeconds(5);

    // Time for lanes to fire windows whose timeout is over.
    private static readonly TimeSpan s_drainMargin = TimeSpan.FromMilliseconds(50);

    private readonly IngressOptions _options;
    private readonly SceneRoutes _scenes;
    private readonly SceneCatalog _catalog;
    private readonly ViewKeys _keys;
    private readonly SiloAddress? _silo;
    private readonly Departure? _departure;
    private readonly TimeProvider _clock;
    private readonly WallClock _wall;
    private readonly ILogger _logger;
    private readonly List<ReceiveLoop> _loops = [];
    private bool _disposed;

    /// <summary>Makes a gateway; nothing is bound before it starts.</summary>
    public UdpGateway(
        IOptions<IngressOptions> options, SceneCatalog scenes, ViewKeys keys, IGrainFactory grains, IngressCounters counters,
        TimeProvider clock, WallClock wall, ILoggerFactory loggers,
        ILocalSiloDetails? silo = null, Departure? departure = null)
    {
        _options = options.Value;
        _silo = silo?.SiloAddress;
        _departure = departure;
        _clock = clock;
        _wall = wall;
        Counters = counters;
        _logger = loggers.CreateLogger<UdpGateway>();
        (_catalog, _keys) = (scenes, keys);
        _scenes = new SceneRoutes(grains, scenes, keys, options, counters, clock, wall, loggers);
    }

    /// <summary>What it took and refused.</summary>
    public IngressCounters Counters { get; }

    /// <summary>Tokens on their way to lanes.</summary>
    public long Pending => _scenes.Pending.Count;

    /// <summary>Windows that may still take tokens: opened less than T + linger ago.</summary>
    public int OpenWindows => _scenes.OpenWindows;

    /// <summary>The same, by scene.</summary>
    internal IEnumerable<KeyValuePair<string, int>> OpenWindowsByScene => _scenes.OpenWindowsByScene;

    /// <summary>Where it listens, in the order of configuration.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints => [.. _loops.Select(loop => loop.EndPoint)];

    /// <inheritdoc />
    /// <exception cref="IngressException">A port cannot be bound, or a socket names a scene that is not configured.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _scenes.StartAsync(cancellationToken);
        IReadOnlyList<IngressSocketOptions> sockets = _options.Sockets.Count > 0 ? _options.Sockets : [new IngressSocketOptions()];
        foreach (var socket in sockets) _loops.Add(Open(socket));
        TellTrust();
        foreach (var loop in _loops) loop.Start();
        IngressGauges.Add(this);
    }

    /// <inheritdoc />
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var loop in _loops) await loop.StopAsync().WaitAsync(cancellationToken);

        if (_departure is null || !await _departure.TryMoveAsync(cancellationToken)) await DrainAsync(cancellationToken);
        await _scenes.StopAsync();
        LogStopped(
            Counters.Received, Counters.Rejected, string.Join(", ", Counters.ByReason().Select(reason => $"{reason.Key} {reason.Value}")),
            Counters.KernelDrops, Counters.Undelivered);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // The host registers it as itself and as a hosted service, and disposes of it twice.
        if (_disposed) return;
        _disposed = true;
        IngressGauges.Remove(this);
        foreach (var loop in _loops) loop.Dispose();
        await _scenes.DisposeAsync();
    }

    // A window fires within T of its first token.
    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        var lastToken = _loops.Select(loop => loop.LastTokenAt).DefaultIfEmpty().Max();
        if (lastToken == 0) return;
        var left = _scenes.LongestTimeout + s_drainMargin - TimeSpan.FromSeconds(_clock.UnixSeconds() - lastToken);
        if (left > TimeSpan.Zero) await Task.Delay(left < s_longestDrain ? left : s_longestDrain, _clock, cancellationToken);
    }

    // What an operator should know of who may decide.
    private void TellTrust()
    {
        var isReachable = !IPAddress.IsLoopback(IPAddress.Parse(_options.Address));
        foreach (var scene in _catalog.All)
        {
            if (scene.Authentication == TokenAuthentication.Open && isReachable) LogOpen(scene.Name, _options.Address);
            if (scene.Authentication == TokenAuthentication.Require)
            {
                var known = _keys.ViewsOf(scene.Name).ToHashSet();
                var without = (scene.Views ?? Enumerable.Range(0, scene.Policy.N)).Where(view => !known.Contains(view)).Order().ToList();
                if (without.Count > 0) LogWithoutKey(scene.Name, string.Join(", ", without));
            }

            if (double.IsInfinity(scene.Head.MaxNorm)) LogUnbounded(scene.Name);
        }
    }

    private ReceiveLoop Open(IngressSocketOptions socket)
    {
        var scene = socket.Scene.Length == 0 ? _scenes.First : _scenes.Find(socket.Scene)
            ?? throw new IngressException(
                $"UDP port {socket.Port} is for scene '{socket.Scene}', which is not configured: add it to Jtfa:Scenes.");
        var endpoint = new IPEndPoint(IPAddress.Parse(_options.Address), socket.Port);
        try
        {
            var datagrams = new DatagramSocket(endpoint, _options.ReceiveBufferBytes, _options.BatchSize);
            LogListening(datagrams.LocalEndPoint, scene.Name, _options.ReceiveBufferBytes, datagrams.GrantedBufferBytes);
            return new ReceiveLoop(datagrams, scene, _scenes, _silo, Counters, _options.BatchSize, _clock, _wall, _logger);
        }
        catch (SocketException exception)
        {
            throw new IngressException(exception.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse =>
                    $"UDP {endpoint} is in use: stop what listens there, or choose another port (--port, Jtfa:Ingress:Sockets).",
                SocketError.AddressNotAvailable => $"UDP {endpoint}: this machine does not have that address (Jtfa:Ingress:Address).",
                SocketError.AddressFamilyNotSupported =>
                    $"UDP {endpoint}: this machine has no IPv6; 0.0.0.0 is every network of IPv4 (--bind, Jtfa:Ingress:Address).",
                SocketError.AccessDenied => $"UDP {endpoint}: no permission to listen there; choose a port above 1023 (--port).",
                _ => $"UDP {endpoint} cannot be bound: {exception.Message}.",
            }, exception);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message =
            "Tokens are taken on UDP {EndPoint} (scene {Scene} where they name none); receive buffer asked {Asked} bytes, granted " +
            "{Granted}")]
    private partial void LogListening(IPEndPoint endPoint, string scene, int asked, int granted);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message =
            "Scene {Scene} takes tokens of anybody who reaches UDP {Address}: give its views keys, and set its Authentication to Require")]
    private partial void LogOpen(string scene, string address);

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "Scene {Scene} requires tags, and its views {Views} have no key: their tokens are refused")]
    private partial void LogWithoutKey(string scene, string views);

    [LoggerMessage(Level = LogLevel.Information, Message = "The head of scene {Scene} states no max_norm: tokens of any size are taken")]
    private partial void LogUnbounded(string scene);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message =
            "Ingress stopped: {Received} datagrams received, {Rejected} rejected ({Reasons}), {KernelDrops} dropped by the kernel, " +
            "{Undelivered} tokens undelivered")]
    private partial void LogStopped(long received, long rejected, string reasons, long kernelDrops, long undelivered);
}

/// <summary>The ingress cannot start; the message says why and what to do, in one line.</summary>
public sealed class IngressException(string message, Exception? innerException = null) : Exception(message, innerException);
