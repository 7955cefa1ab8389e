using System.Runtime.CompilerServices;

namespace Jtfa.Lab.Bench;

/// <summary>Prints an ingest bench for people.</summary>
internal static class IngestReport
{
    public static IEnumerable<string> Lines(IngestResult r)
    {
        var lost = r.Sent - r.Received;
        var reasons = string.Join(", ", r.Rejected.Select(reason => Text($"{reason.Key} {reason.Value:N0}")));
        yield return Text(
            $"load           {r.Mode}, {(r.Rate is { } rate ? Text($"{rate:N0}") : "max")} tokens/s asked, N = 4, K = 3, d = 16, " +
            $"tags: {r.Authentication}, wire {r.Wire} with {r.Quantiser}, {r.Seconds:F1} s");
        yield return Text(
            $"tokens         {r.Sent:N0} sent, {r.Received:N0} received ({lost:N0} lost; kernel drops {r.KernelDrops:N0}), rejected: " +
            $"{(reasons.Length > 0 ? reasons : "none")}, undelivered {r.Undelivered:N0}");
        yield return Text($"throughput     {r.TokensPerSecond:N0} tokens/s, {r.DecisionsPerSecond:N0} decisions/s");
        yield return Text(
            $"decisions      {r.SentDecisions:N0} sent, {r.Decided:N0} in the log, {Share(r.Correct, r.Decided)} correct, " +
            $"{Share(r.WellFormed, r.Decided)} with m ≤ N and each view once; late tokens {r.Late:N0}, repeated reports {r.Repeated:N0}");
        yield return Text(
            $"fire latency   p50 {r.FireP50Ms:F2}  p99 {r.FireP99Ms:F2}  max {r.FireMaxMs:F2} ms   ({r.ByK:N0} by K: K-th token received " +
            $"→ published)");
        yield return Text(
            $"T lateness     p50 {r.TimeoutP50Ms:F2}  p99 {r.TimeoutP99Ms:F2}  max {r.TimeoutMaxMs:F2} ms   ({r.ByT:N0} by T: timeout " +
            $"due → published)");
        yield return Text(
            $"memory         {r.AllocatedBytesPerToken:N0} bytes allocated a token, peak RSS {r.PeakRssMb:F0} MB, {r.OpenWindows:N0} " +
            $"windows open at most; garbage collection paused {r.GcPauseMs:N0} ms in all, {r.FullCollections} full collections");
        yield return Text(
            $"CPU            {r.CpuSecondsPerMillionTokens:F2} s a million tokens (sender {r.SenderCpuSecondsPerMillionTokens:F2} s)");
        if (r.StreamDecisions > 0)
            yield return Text(
                $"stream         p99 {r.StreamP99Ms:F1} ms   (K-th token received → an outside subscriber of the Orleans stream has the " +
                $"decision; {r.StreamDecisions:N0} of them)");
        if (double.IsFinite(r.RssSlopeMbPerMinute))
            yield return Text($"RSS slope      {r.RssSlopeMbPerMinute:F2} MB a minute after the first two");
        if (r.Read is { } read)
            yield return Text(
                $"live readers   {r.Pages:N0} pages got {read.PageUpdates:N0} updates, {r.Followers:N0} followers got " +
                $"{read.FollowedDecisions:N0} decisions; {read.Bytes / 1e6:N0} MB in all, {read.CpuSeconds:F1} s of CPU on their side");
    }

    private static string Share(long part, long whole) =>
        whole == 0 ? "none" : part == whole ? "all" : Text($"{100.0 * part / whole:F3} %");

    // The program has the invariant culture only (Directory.Build.props).
    private static string Text(ref DefaultInterpolatedStringHandler text) => text.ToStringAndClear();
}
