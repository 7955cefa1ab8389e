using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Jtfa.Core;
using Jtfa.Silo.Time;

namespace Jtfa.Lab.Bench;

/// <summary>
/// Sends what the cameras of many scenes send: each captures at every tick of its period and sends a little later, each scene at its own
/// moment of the period. Tokens go one by one, when each is due.
/// </summary>
internal static class SceneSender
{
    // What capture and inference take differs among the cameras of a scene by up to this.
    private const double Spread = 0.02;

    /// <summary>Sends for a while, beginning with the next tick.</summary>
    /// <param name="gateway">The gateway, host:port.</param>
    /// <param name="settings">How many scenes, how often, how long.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public static SentLoad Run(string gateway, ScenesSettings settings, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { SendBufferSize = 4 << 20 };
        socket.Connect(IPEndPoint.Parse(gateway));
        ShortSleep.Prepare();
        var tokens = LoadSender.EncodePool(TokenEncoding.HMix);
        var sends = SendsOfAPeriod(settings);
        var packet = new byte[TokenPacket.MaxDatagramBytes];
        var first = (long)Math.Ceiling(TimeProvider.System.UnixSeconds() / settings.Period) + 1;
        var ticks = (long)Math.Round(settings.Seconds * settings.Rate);
        var (sent, clock) = (0L, Stopwatch.StartNew());
        for (var tick = first; tick < first + ticks && !cancellationToken.IsCancellationRequested; tick++)
        {
            var captured = tick * settings.Period;
            foreach (var send in sends)
            {
                for (double left; (left = captured + send.Offset - TimeProvider.System.UnixSeconds()) > 0;)
                    ShortSleep.Wait((int)Math.Clamp(left * 1e6, 50, 500));
                var label = (int)((tick + send.Scene) % IngestSettings.Classes);
                var length = LoadSender.Write(tokens, TokenEncoding.HMix, tick + send.Scene, send.View, label, captured, send.Name, packet);
                socket.Send(packet.AsSpan(0, length));
                sent++;
            }
        }

        return new SentLoad(sent, ticks * settings.Scenes, clock.Elapsed.TotalSeconds, Environment.CpuUsage.TotalTime.TotalSeconds);
    }

    private static List<Send> SendsOfAPeriod(ScenesSettings settings)
    {
        var random = new Random(1);
        var sends = new List<Send>();
        for (var scene = 0; scene < settings.Scenes; scene++)
        {
            var moment = random.NextDouble() * (settings.Period - Spread);
            var name = System.Text.Encoding.UTF8.GetBytes(ScenesBench.NameOf(scene));
            for (var view = 0; view < settings.Views; view++)
                sends.Add(new Send(moment + (random.NextDouble() * Spread), scene, view, name));
        }

        return [.. sends.OrderBy(send => send.Offset)];
    }

    private readonly record struct Send(double Offset, int Scene, int View, byte[] Name);
}
