using System.Net;
using Jtfa.Testbed.Sockets;

namespace Jtfa.Testbed.Links;

/// <summary>
/// Has the relay's code compiled before its first packet, which would otherwise wait tens of milliseconds for that: once in a process, a
/// relay of its own passes some datagrams.
/// </summary>
internal static class RelayWarmUp
{
    private const int Datagrams = 64;
    private static readonly TimeSpan s_duration = TimeSpan.FromMilliseconds(150);
    private static int s_begun;

    private static LinkProfile All => new()
    {
        Delay = new DelayProfile(DelayDistribution.Pareto, 0.5, 1, 3, 20),
        Loss = 0.1,
        Burst = new BurstProfile(0.1, 0.5),
        Reorder = new ReorderProfile(0.2, 2),
        Duplicate = 0.2,
        Rate = new RateProfile(10_000, 2000, 4000),
    };

    /// <summary>Does so, unless it has been done.</summary>
    public static void Once()
    {
        if (Interlocked.Exchange(ref s_begun, 1) == 1) return;
        var any = new IPEndPoint(IPAddress.Loopback, 0);
        using var end = new TimedSocket(any);
        using var relay = new Relay([new RelayLink(any, end.LocalEndPoint, All)], 0, _ => { });
        using var sender = new Sender(relay.EndPoint(0));
        using var stop = new CancellationTokenSource(s_duration);
        for (var i = 0; i < Datagrams; i++) sender.Send(new byte[100]);
        relay.Run(isRealTime: false, stop.Token);
    }
}
