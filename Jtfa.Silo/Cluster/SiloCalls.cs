using System.Collections.Concurrent;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Cluster;

/// <summary>
/// Tells calls of silos from calls of clients: a silo's carry a proof that only silos know, and may call anything; a client's may call what
/// is marked by <see cref="ForClientsAttribute"/> and what Orleans' own client needs. Who a message says that it comes from is not asked:
/// whoever sends it writes that.
/// </summary>
internal sealed partial class SiloCalls(ClusterSecret secret, TimeProvider clock, ILogger<SiloCalls> logger)
    : IOutgoingGrainCallFilter, IIncomingGrainCallFilter
{
    private const string Key = "jtfa.silo";

    // Orleans' own calls by clients: what grains there are, cancelling, and subscriptions to streams (not what the queues hold).
    private static readonly HashSet<string> s_ofOrleans =
    [
        "Orleans.Runtime.IClusterManifestSystemTarget.*",
        "Orleans.Runtime.ICancellationSourcesExtension.*",
        "Orleans.Streams.IPubSubRendezvousGrain.RegisterConsumer",
        "Orleans.Streams.IPubSubRendezvousGrain.UnregisterConsumer",
        "Orleans.Streams.IPubSubRendezvousGrain.GetAllSubscriptions",

        // A grain's timer calls the grain without any message that could come from elsewhere.
        "Orleans.Runtime.IGrainTimerInvoker.*",
    ];

    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<MethodInfo, bool> _isForClients = new();
    private readonly byte[] _proof = Encoding.ASCII.GetBytes(secret.CallProof);
    private long _toldAt;

    /// <inheritdoc />
    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);

        // What is set here holds until this method returns. A client that is called must not see the proof.
        if (context.TargetId.IsClient()) RequestContext.Remove(Key);
        else if (!ReferenceEquals(RequestContext.Get(Key), secret.CallProof)) RequestContext.Set(Key, secret.CallProof);
        await context.Invoke();
    }

    /// <inheritdoc />
    /// <exception cref="UnauthorizedAccessException">A client calls what clients may not.</exception>
    public Task Invoke(IIncomingGrainCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        // The observers of this silo's own client, which is called without proof as every client is: who calls one knows its random name.
        if (context.TargetId.IsClient()) return context.Invoke();
        if (IsProof(RequestContext.Get(Key)) || _isForClients.GetOrAdd(context.InterfaceMethod, IsForClients)) return context.Invoke();
        Tell(context);
        throw new UnauthorizedAccessException($"{context.InterfaceName}.{context.MethodName} is for silos of the cluster only");
    }

    private static bool IsForClients(MethodInfo method) =>
        method.IsDefined(typeof(ForClientsAttribute)) || method.DeclaringType?.IsDefined(typeof(ForClientsAttribute)) == true
        || s_ofOrleans.Contains($"{method.DeclaringType?.FullName}.{method.Name}")
        || s_ofOrleans.Contains($"{method.DeclaringType?.FullName}.*");

    // Within the process it is the same object.
    private bool IsProof(object? claimed) => ReferenceEquals(claimed, secret.CallProof)
        || (claimed is string text && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(text), _proof));

    private void Tell(IIncomingGrainCallContext context)
    {
        var told = Interlocked.Read(ref _toldAt);
        if ((told == 0 || clock.GetElapsedTime(told) >= s_quiet)
            && Interlocked.CompareExchange(ref _toldAt, clock.GetTimestamp(), told) == told)
            LogRefused(context.InterfaceName, context.MethodName, context.SourceId?.ToString() ?? "nobody");
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Refused a call of {Interface}.{Method} that says it is by {Source}: it is for silos of the cluster only")]
    private partial void LogRefused(string @interface, string method, string source);
}
