using System.Collections.Concurrent;
using System.Reflection;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;
using Orleans.Serialization.Invocation;

namespace Jtfa.Silo.Cluster;

/// <summary>
/// Lets clients of the cluster call what is marked by <see cref="ForClientsAttribute"/>, what Orleans' own client needs, and what only
/// reads of Orleans' management. All else is for silos among themselves.
/// </summary>
/// <remarks>
/// A message says itself who it comes from. Only who knows the client secret can send one (<see cref="ConnectionKey"/>), and a client's
/// connection takes only those that say the truth (<see cref="ClientMessages"/>).
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
        "Orleans.Runtime.IAsyncEnumerableGrainExtension.MoveNext",
        "Orleans.Runtime.IAsyncEnumerableGrainExtension.DisposeAsync",
        "Orleans.Streams.IPubSubRendezvousGrain.RegisterConsumer",
        "Orleans.Streams.IPubSubRendezvousGrain.UnregisterConsumer",
        "Orleans.Streams.IPubSubRendezvousGrain.GetAllSubscriptions",
        "Orleans.Runtime.IManagementGrain.GetHosts",
        "Orleans.Runtime.IManagementGrain.GetDetailedHosts",
        "Orleans.Runtime.IManagementGrain.GetDetailedGrainStatistics",
        "Orleans.Runtime.IManagementGrain.GetActivationAddress",
    ];

    private const string Enumerations = "Orleans.Runtime.IAsyncEnumerableGrainExtension";

    private readonly ConcurrentDictionary<MethodInfo, bool> _isForClients = new();
    private readonly RefusalPace _pace = new(clock);

    /// <inheritdoc />
    /// <exception cref="UnauthorizedAccessException">A client calls what clients may not.</exception>
    public Task Invoke(IIncomingGrainCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.SourceId is not { } source || !IsOutside(source)
            || _isForClients.GetOrAdd(Called(context), IsForClients)) return context.Invoke();
        if (_pace.IsDue()) LogRefused(context.InterfaceName, context.MethodName, source);
        throw new UnauthorizedAccessException($"{context.InterfaceName}.{context.MethodName} is for silos of the cluster only");
    }

    /// <summary>Whether this names a client outside the silos.</summary>
    internal static bool IsOutside(GrainId id) => id.IsClient() && id.Key.ToString()?.StartsWith(OfSilo, StringComparison.Ordinal) != true;

    // Of an enumeration that begins, the method that gives it.
    private static MethodInfo Called(IIncomingGrainCallContext context) =>
        context.InterfaceName == Enumerations && context.Request is { } call && call.GetArgumentCount() > 1
            && call.GetArgument(1) is IInvokable inner
            ? inner.GetMethod()
            : context.InterfaceMethod;

    private static bool IsForClients(MethodInfo method) =>
        method.IsDefined(typeof(ForClientsAttribute)) || method.DeclaringType?.IsDefined(typeof(ForClientsAttribute)) == true
        || s_ofOrleans.Contains($"{method.DeclaringType?.FullName}.{method.Name}")
        || s_ofOrleans.Contains($"{method.DeclaringType?.FullName}.*");

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "Refused a call of {Interface}.{Method} by the client {Source}: it is for silos only")]
    private partial void LogRefused(string @interface, string method, GrainId source);
}
