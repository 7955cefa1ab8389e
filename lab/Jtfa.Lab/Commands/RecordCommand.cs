using System.CommandLine;
using Jtfa.Testbed.Sockets;
using Jtfa.Testbed.Traces;

namespace Jtfa.Lab.Commands;

/// <summary><c>jtfa record</c>: writes arriving datagrams to a trace.</summary>
internal static class RecordCommand
{
    private static readonly Argument<string> s_file =
        new("file") { Description = "The trace: a pcap that tcpdump and Wireshark read; one that is there is continued." };
    private static readonly Option<string> s_listen =
        new("--listen") { Description = "Where datagrams are taken: [address:]port, 0 for any port.", Required = true };
    private static readonly Option<string?> s_to = new("--to") { Description = "Where they go on to, host:port (default: nowhere)." };
    private static readonly Option<double?> s_seconds = RunFor.Option();
    private static readonly Option<long?> s_maxBytes = new("--max-bytes") { Description = "Stop before the trace grows longer." };

    public static Command Create()
    {
        var command = new Command(
            "record", "Record datagrams with the times at which the kernel took them, at their end or, with --to, on their way.")
        {
            s_file, s_listen, s_to, s_seconds, s_maxBytes,
        };
        command.SetAction(RunAsync);
        return command.WithExamples(
            "jtfa record a.pcap --listen 6005 --to 127.0.0.1:5005", "jtfa record a.pcap --listen 0.0.0.0:5005 --seconds 60");
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var file = parsed.GetValue(s_file)!;
        var listen = HostPort.Listen(parsed.GetValue(s_listen)!);
        var to = parsed.GetValue(s_to) is { } text ? await HostPort.FindAsync(text, cancellationToken) : null;
        var maxBytes = parsed.GetValue(s_maxBytes) ?? long.MaxValue;
        if (maxBytes < 1) throw new UsageException($"--max-bytes {maxBytes}: allowed is 1 or more");
        var limits = new RecordingLimits(RunFor.Parse(parsed.GetValue(s_seconds)), maxBytes);
        using var writer = TraceWriter.Open(file);
        using var recorder = new TraceRecorder(listen, writer, to);
        if (writer.FoundCutBytes > 0)
            await Console.Error.WriteLineAsync($"{file}: a record that was cut short is taken away ({writer.FoundCutBytes} bytes)");
        var behind = writer.FoundRecords > 0 ? $" behind {writer.FoundRecords} records" : "";
        await Console.Error.WriteLineAsync(
            $"Recording what comes to UDP {recorder.EndPoint} in {file}{behind}{(to is null ? "" : $" and passing it on to {to}")}");
        var summary = await recorder.RunAsync(limits, cancellationToken);
        await Console.Out.WriteLineAsync(Line(file, writer, summary, to is not null));
        return 0;
    }

    private static string Line(string file, TraceWriter writer, RecordingSummary summary, bool forwards) =>
        $"{file}: {summary.Records} datagrams recorded, {writer.Length} bytes in all"
        + (forwards ? $", {summary.Forwarded} passed on, {summary.Refused} refused" : "")
        + (summary.KernelDrops > 0 ? $", {summary.KernelDrops} came too fast and were dropped by the kernel" : "")
        + (summary.IsFull ? "; full" : "");
}
