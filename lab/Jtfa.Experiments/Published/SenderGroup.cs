using System.Diagnostics;
using System.Globalization;
using System.Net;
using Jtfa.Experiments.Nodes;
using Jtfa.Testbed;
using Jtfa.Testbed.Hosts;

namespace Jtfa.Experiments.Published;

/// <summary>Four senders of a view each: published producers, or our own cameras.</summary>
internal sealed class SenderGroup : IAsyncDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    private readonly HostProcesses _programs;

    private SenderGroup(HostProcesses programs) => _programs = programs;

    /// <summary>Views that a group sends.</summary>
    public static int Views => CameraNodes.Names.Count;

    /// <summary>Published producers that replay tokens.</summary>
    /// <exception cref="TestbedException">They cannot be started.</exception>
    public static Task<SenderGroup> ProducersAsync(
        string python, ReferenceFolder reference, ProducerTokens tokens, double rate, IPEndPoint to, string folder) =>
        StartAsync(folder, view =>
            [
                python, reference.Producer, "--dest", $"{to.Address}", "--port", $"{to.Port}", "--producer-id", $"{view}", "--mode", "hmix",
                "--token-source", "replay",
                "--replay-npy", tokens.File(view), "--replay-labels", tokens.Labels(view),
                "--dim", $"{tokens.Dimension}", "--rate", Number(rate),
            ]);

    /// <summary>Our cameras, each on the shipped sample photographs by its own part of the scene.</summary>
    /// <param name="settings">Program, model and scratch folder.</param>
    /// <param name="rate">Captures a second.</param>
    /// <param name="to">Where each view sends.</param>
    /// <param name="duration">When they end by themselves; null: when stopped.</param>
    /// <exception cref="TestbedException">They cannot be started.</exception>
    public static Task<SenderGroup> CamerasAsync(
        PublishedSettings settings, double rate, Func<int, IPEndPoint> to, TimeSpan? duration = null)
    {
        var sample = Photographs.Sample(settings.Program);
        return StartAsync(settings.Scratch, view =>
            [
                .. CameraNodes.Command(settings.Program, "camera", sample, view, rate, to(view)), "--model", settings.Program.Models,
                .. duration is { } limit ? ["--seconds", Number(limit.TotalSeconds)] : Array.Empty<string>(),
            ]);
    }

    /// <summary>Waits until all views have come to a switch.</summary>
    /// <exception cref="TestbedException">A sender has ended, or none came in time.</exception>
    public async Task ReachAsync(TokenSwitch tokens, CancellationToken cancellationToken)
    {
        for (var clock = Stopwatch.StartNew(); tokens.Views < Views;)
        {
            _programs.MustRun();
            if (clock.Elapsed > s_deadline)
            {
                throw new TestbedException(
                    $"Of {Views} views {tokens.Views} have sent after {s_deadline.TotalSeconds} s");
            }

            await Task.Delay(s_look, cancellationToken);
        }
    }

    /// <summary>Waits until all have ended by themselves.</summary>
    /// <exception cref="TestbedException">One ended with a fault.</exception>
    public Task ExitAsync(CancellationToken cancellationToken) => _programs.EndAsync(cancellationToken);

    public ValueTask DisposeAsync() => _programs.DisposeAsync();

    private static async Task<SenderGroup> StartAsync(string folder, Func<int, IReadOnlyList<string>> program) =>
        new(await HostProcesses.StartAsync(
        [.. Enumerable.Repeat(TestHost.Here("sender"), Views)], view => $"the sender of view {view}", folder, program));

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
}
