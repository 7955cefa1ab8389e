using System.Diagnostics.CodeAnalysis;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;

namespace Jtfa.Grains;

/// <summary>The gateways that take a scene's tokens, to be told of changes of its routing.</summary>
internal sealed partial class SceneGateways(string scene, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, (IGatewayObserver Changes, long SeenAt)> _gateways = [];

    /// <summary>Adds a gateway, or takes note that it is still there.</summary>
    public void Add(string gateway, IGatewayObserver changes) => _gateways[gateway] = (changes, clock.GetTimestamp());

    /// <summary>Tells all of them a routing; a gateway that cannot be reached gets it with its next call.</summary>
    public void Tell(SceneRouting routing)
    {
        foreach (var (gateway, known) in _gateways.ToList())
        {
            if (clock.GetElapsedTime(known.SeenAt) > s_lease) _gateways.Remove(gateway);
            else _ = TellAsync(gateway, known.Changes, routing);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "A gateway that cannot be reached gets the routing with its next call.")]
    private async Task TellAsync(string gateway, IGatewayObserver changes, SceneRouting routing)
    {
        try
        {
            await changes.RouteAsync(scene, routing);
        }
        catch (Exception exception)
        {
            LogUntold(gateway, scene, exception.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Gateway {Gateway} was not told the routing of scene {Scene}: {Reason}")]
    private partial void LogUntold(string gateway, string scene, string reason);
}
