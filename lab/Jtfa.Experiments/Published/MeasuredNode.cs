using System.Diagnostics;
using System.Net;
using Jtfa.Experiments.Windows;
using Jtfa.Testbed.Hosts;

namespace Jtfa.Experiments.Published;

/// <summary>A fusion node that runs as a process of its own and logs its decisions to a CSV.</summary>
/// <param name="name">What results call it.</param>
/// <param name="program">Its process.</param>
/// <param name="endPoint">Where it takes tokens.</param>
/// <param name="csv">Its log.</param>
/// <param name="fusesAll">Whether whatever it receives is fused sooner or later: nothing is late or of another moment.</param>
internal sealed class MeasuredNode(string name, HostProcess program, IPEndPoint endPoint, string csv, bool fusesAll) : IAsyncDisposable
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(10);

    // Longer than T, and longer than a silo gathers decisions before it commits them.
    private static readonly TimeSpan s_quiet = TimeSpan.FromMilliseconds(250);

    public string Name => name;

    public IPEndPoint EndPoint => endPoint;

    public double CpuSeconds => program.CpuSeconds ?? 0;

    /// <summary>Tokens that it received: if it fuses all, those of its decisions, else as many as were sent.</summary>
    public double Received(long sent, IReadOnlyList<MeasuredDecision> decisions) =>
        fusesAll ? decisions.Sum(decision => (double)decision.M) : sent;

    /// <summary>Decisions that fired in a time, seconds since 1970.</summary>
    public IReadOnlyList<MeasuredDecision> Decisions(double from, double to) => DecisionCsvFile.Read(csv, from, to);

    /// <summary>Waits until the log has not grown for a while.</summary>
    /// <exception cref="Testbed.TestbedException">The node has ended.</exception>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        var all = Stopwatch.StartNew();
        var quiet = Stopwatch.StartNew();
        for (var length = Length(); quiet.Elapsed < s_quiet && all.Elapsed < s_longest;)
        {
            await Task.Delay(s_look, cancellationToken);
            program.MustRun();
            if (Length() is var now && now == length) continue;
            length = now;
            quiet.Restart();
        }
    }

    public ValueTask DisposeAsync() => program.DisposeAsync();

    private long Length() => new FileInfo(csv) is { Exists: true } file ? file.Length : 0;
}
