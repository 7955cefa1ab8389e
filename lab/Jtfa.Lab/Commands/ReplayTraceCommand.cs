using System.CommandLine;
using System.Globalization;
using System.Net;
using Jtfa.Testbed.Sockets;
using Jtfa.Testbed.Traces;

namespace Jtfa.Lab.Commands;

/// <summary><c>jtfa replay-trace</c>: sends a trace's datagrams again.</summary>
internal static class ReplayTraceCommand
{
    private const double MaxSpeed = 1e6;

    private static readonly Argument<string> s_file = new("file") { Description = "The trace." };
    private static readonly Option<string> s_to = new("--to") { Description = "Where datagrams go, host:port.", Required = true };
    private static readonly Option<string[]> s_view =
        new("--view") { Description = "Where those of one view go instead, number=host:port; may be repeated." };
    private static readonly Option<string> s_speed =
        new("--speed") { Description = "How many times as fast as recorded, or max.", DefaultValueFactory = _ => "1" };
    private static readonly Option<bool> s_now = new("--now")
    {
        Description =
            "Move capture times so that the trace begins now, and compress them by the speed: latencies are then the recorded ones / " +
            "speed.",
    };
    private static readonly Option<int> s_repeat = new("--repeat")
    {
        Description = "Play the trace so often, one round after the other; decision ids, sequences and capture times go on.",
        DefaultValueFactory = _ => 1,
    };

    public static Command Create()
    {
        var command = new Command(
            "replay-trace", "Send a trace again, each datagram when it is due.")
        {
            s_file, s_to, s_view, s_speed, s_now, s_repeat,
        };
        command.SetAction(RunAsync);
        return command.WithExamples(
            "jtfa replay-trace a.pcap --to 127.0.0.1:5005 --now",
            "jtfa replay-trace a.pcap --to 127.0.0.1:5005 --now --speed 4 --repeat 10");
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var speed = Speed(parsed.GetValue(s_speed)!);
        var views = new Dictionary<int, IPEndPoint>();
        foreach (var view in parsed.GetValue(s_view) ?? []) await AddViewAsync(views, view, cancellationToken);
        var repeat = parsed.GetValue(s_repeat);
        if (repeat < 1) throw new UsageException($"--repeat {repeat}: allowed is 1 or more");
        var options = new ReplayOptions(await HostPort.FindAsync(parsed.GetValue(s_to)!, cancellationToken))
        {
            Views = views,
            Speed = speed,
            Now = parsed.GetValue(s_now),
            Repeat = repeat,
        };
        using var trace = TraceReader.Open(parsed.GetValue(s_file)!);
        using var replay = new TraceReplay(options);
        var summary = await replay.RunAsync(trace, cancellationToken);
        if (trace.CutLine is { } line) await Console.Error.WriteLineAsync(line);
        await Console.Out.WriteLineAsync(Line(parsed.GetValue(s_file)!, summary));
        return 0;
    }

    private static string Line(string file, ReplaySummary summary)
    {
        var sent = string.Create(
            CultureInfo.InvariantCulture,
            $"{file}: {summary.Sent} datagrams sent, {summary.Refused} refused, in {summary.Duration.TotalSeconds:F3} s");
        var late = summary.LatenessMs;
        return late.Count == 0 ? sent : string.Create(
            CultureInfo.InvariantCulture,
            $"{sent}; after they were due: p50 {late.Quantile(0.5):F3} ms, p99 {late.Quantile(0.99):F3} ms, max {late.Max:F3} ms");
    }

    private static double Speed(string text)
    {
        if (text == "max") return double.PositiveInfinity;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var speed) && speed is > 0 and <= MaxSpeed
            ? speed
            : throw new UsageException($"--speed {text}: allowed is above 0 … {MaxSpeed}, or max");
    }

    private static async Task AddViewAsync(Dictionary<int, IPEndPoint> views, string text, CancellationToken cancellationToken)
    {
        var equals = text.IndexOf('=');
        if (equals < 1 || !int.TryParse(text[..equals], NumberStyles.None, CultureInfo.InvariantCulture, out var view)
            || views.ContainsKey(view))
            throw new UsageException($"--view {text}: allowed is number=host:port, each view once");
        views[view] = await HostPort.FindAsync(text[(equals + 1)..], cancellationToken);
    }
}
