using System.Collections.Concurrent;
using System.Reflection;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Cluster;

/// <summary>
/// Lets clients of the cluster call what is marked by <see cref="ForClientsAttribute"/>, what Orleans' own client needs, and what only
/// reads of Orleans' management. All else is for silos among themselves.
/// </summary>
/// <remarks>
/// A message says itself who it comes from. Only who knows the client secret can send one (<see cref="ConnectionKey"/>), and Orleans'
/// client says the truth; this does not stop a program that knows the secret and writes messages of its own. A proof in every call would,
/// at 10 to 20 % more CPU and twice the allocation a token (docs/cluster.md).
/// </remarks>
internal sealed partial class ClientCalls(TimeProvider clock, ILogger<ClientCalls> logger) : IIncomingGrainCallFilter
{
    // How Orleans names a silo's own client.
    private const string OfSilo = "hosted-";

    // Orleans' own calls by clients: what grains there are, cancelling, and subscriptions to streams (not what the queues hold).
    private static readonly HashSet<string> s_ofOrleans =
    [
        "Orleans.Runtime.IClusterManifestSystemTarget.*",
        "Orleans.Runtime.ICancellationSourcesExtension.*",
        "Orleans.Streams.IPubSubRendezvousGrain.RegisterConsumer",
        "Orleans.Streams.IPubSubRendezvousGrain.UnregisterConsumer",
        "Orleans.Streams.IPubSubRendezvousGrain.GetAllSubscriptions",
        "Orleans.Runtime.IManagementGrain.GetHosts",
        "Orleans.Runtime.IManagementGrain.GetDetailedHosts",
        "Orleans.Runtime.IManagementGrain.GetDetailedGrainStatistics",
        "Orleans.Runtime.IManagementGrain.GetActivationAddress",
    ];

    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<MethodInfo, bool> _isForClients = new();
    private long _toldAt;

    /// <inheritdoc />
    /// <exception cref="UnauthorizedAccessException">A client calls what clients may not.</exception>
    public Task Invoke(IIncomingGrainCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!IsOutside(context.SourceId) || _isForClients.GetOrAdd(context.InterfaceMethod, IsForClients)) return context.Invoke();
        Tell(context);
        throw new UnauthorizedAccessException($"{context.InterfaceName}.{context.MethodName} is for silos of the cluster only");
    }

    private static bool IsOutside(GrainId? source) =>
        source is { } id && id.IsClient() && id.Key.ToString()?.StartsWith(OfSilo, StringComparison.Ordinal) != true;

    private static bool IsForClients(MethodInfo method) =>
        method.IsDefined(typeof(ForClientsAttribute)) || method.DeclaringType?.IsDefined(typeof(ForClientsAttribute)) == true
        || s_ofOrleans.Contains($"{method.DeclaringType?.FullName}.{method.Name}")
        || s_ofOrleans.Contains($"{method.DeclaringType?.FullName}.*");

    private void Tell(IIncomingGrainCallContext context)
    {
        var told = Interlocked.Read(ref _toldAt);
        if ((told == 0 || clock.GetElapsedTime(told) >= s_quiet)
            && Interlocked.CompareExchange(ref _toldAt, clock.GetTimestamp(), told) == told)
            LogRefused(context.InterfaceName, context.MethodName, context.SourceId?.ToString() ?? "nobody");
    }

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "Refused a call of {Interface}.{Method} by the client {Source}: it is for silos only")]
    private partial void LogRefused(string @interface, string method, string source);
}
