using System.Net;
using Jtfa.Testbed;
using Jtfa.Testbed.Links;
using Jtfa.Testbed.Traces;

namespace Jtfa.Experiments.Published;

/// <summary>Records a trace of our cameras behind links of a quiet channel.</summary>
internal static class CameraTrace
{
    private const string Profile = "wifi-good";
    private static readonly IPEndPoint s_anyPort = new(IPAddress.Loopback, 0);

    // Time for datagrams that the links still hold back after the last capture.
    private static readonly TimeSpan s_rest = TimeSpan.FromMilliseconds(300);

    // Cameras begin when they have read their model, one after the other.
    private static readonly TimeSpan s_start = TimeSpan.FromSeconds(2);

    /// <summary>Records, and keeps the moments at which all cameras ran.</summary>
    /// <returns>The trace's path.</returns>
    /// <exception cref="TestbedException">A camera failed, or they never ran at the same time.</exception>
    public static async Task<string> RecordAsync(PublishedSettings settings, double rate, ulong seed, CancellationToken cancellationToken)
    {
        var raw = Path.Combine(settings.Scratch, "recorded.pcap");
        File.Delete(raw);
        using (var writer = TraceWriter.Open(raw))
        using (var recorder = new TraceRecorder(s_anyPort, writer))
        using (var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
        {
            var link = new RelayLink(s_anyPort, recorder.EndPoint, Profiles.Load(Profiles.ShippedPath)[Profile].Default);
            using var relay = new Relay([.. Enumerable.Repeat(link, SenderGroup.Views)], seed);
            Task[] running = [recorder.RunAsync(new RecordingLimits(), stop.Token), relay.RunAsync(stop.Token)];
            try
            {
                await using var cameras = await SenderGroup.CamerasAsync(settings, rate, relay.EndPoint, settings.TraceDuration + s_start);
                await cameras.ExitAsync(cancellationToken);
                await Task.Delay(s_rest, cancellationToken);
            }
            finally
            {
                await stop.CancelAsync();
                await Task.WhenAll(running);
            }
        }

        var trace = Path.Combine(settings.Scratch, "trace.pcap");
        File.Delete(trace);
        Trim(raw, trace);
        return trace;
    }

    private static void Trim(string from, string to)
    {
        var records = TokenTrace.Read(from);
        var views = records.GroupBy(record => record.View).ToList();
        if (views.Count < SenderGroup.Views)
            throw new TestbedException($"{from}: {views.Count} of {SenderGroup.Views} cameras sent anything");
        var (first, last) = (views.Max(view => view.Min(record => record.Moment)), views.Min(view => view.Max(record => record.Moment)));
        if (first >= last) throw new TestbedException($"{from}: the cameras never ran at the same time: record for longer");
        TokenTrace.Write(to, records.Where(record => record.Moment >= first && record.Moment <= last));
    }
}
