using System.Diagnostics.Metrics;
using Jtfa.Interfaces;
using Jtfa.Silo.Telemetry;

namespace Jtfa.Silo.Ingress;

/// <summary>How full this process' gateways are.</summary>
internal static class IngressGauges
{
    private static readonly GaugeSources<UdpGateway> s_gateways = new();

    /// <summary>Makes the gauges; they are read from gateways from <see cref="Add"/> to <see cref="Remove"/>.</summary>
    static IngressGauges()
    {
        JtfaNames.Meter.CreateObservableUpDownCounter(
            "jtfa.ingress.pending", () => s_gateways.All.Sum(gateway => gateway.Pending), "{token}", "Tokens on their way to windows");
        JtfaNames.Meter.CreateObservableUpDownCounter(
            "jtfa.ingress.open_windows", OpenWindows, "{window}", "Windows that may still take tokens: opened less than T + linger ago");
    }

    public static void Add(UdpGateway gateway) => s_gateways.Add(gateway);

    public static void Remove(UdpGateway gateway) => s_gateways.Remove(gateway);

    private static IEnumerable<Measurement<int>> OpenWindows() => s_gateways.All
        .SelectMany(gateway => gateway.OpenWindowsByScene)
        .GroupBy(scene => scene.Key, scene => scene.Value)
        .Select(scene => new Measurement<int>(scene.Sum(), new KeyValuePair<string, object?>("scene", scene.Key)));
}
