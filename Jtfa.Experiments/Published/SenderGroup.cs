using System.Diagnostics;
using System.Globalization;
using System.Net;
using Jtfa.Testbed;
using Jtfa.Testbed.Hosts;

namespace Jtfa.Experiments.Published;

/// <summary>Four senders of a view each: published producers, or our own cameras.</summary>
internal sealed class SenderGroup : IAsyncDisposable
{
    private static readonly string[] s_cameras = ["door", "window", "shelf", "ceiling"];
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    private readonly List<HostProcess> _programs = [];

    /// <summary>Views that a group sends.</summary>
    public static int Views => s_cameras.Length;

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
        string Model(params string[] names) => Path.Combine([settings.Program.Models, .. names]);
        return StartAsync(settings.Scratch, view => settings.Program.With(
            [
                "camera", "--source", "idx", "--path", Model("sample", "images-idx3-ubyte.gz"),
                "--labels", Model("sample", "labels-idx1-ubyte.gz"), "--views", Model("views.json"), "--camera", s_cameras[view],
                "--model", settings.Program.Models, "--rate", Number(rate), "--to", $"{to(view)}",
                .. duration is { } limit ? ["--seconds", Number(limit.TotalSeconds)] : Array.Empty<string>(),
            ]));
    }

    /// <summary>Waits until all views have come to a switch.</summary>
    /// <exception cref="TestbedException">A sender has ended, or none came in time.</exception>
    public async Task ReachAsync(TokenSwitch tokens, CancellationToken cancellationToken)
    {
        for (var clock = Stopwatch.StartNew(); tokens.Views < Views;)
        {
            foreach (var program in _programs) program.MustRun();
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
    public async Task ExitAsync(CancellationToken cancellationToken)
    {
        foreach (var program in _programs) await program.EndsAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_programs.Select(program => program.DisposeAsync().AsTask()));

    private static async Task<SenderGroup> StartAsync(string folder, Func<int, IReadOnlyList<string>> program)
    {
        var group = new SenderGroup();
        try
        {
            for (var view = 0; view < Views; view++) group._programs.Add(await HostProcess.StartAsync(TestHost.Here("sender"), $"the sender of view {view}", folder, program(view)));
            return group;
        }
        catch
        {
            await group.DisposeAsync();
            throw;
        }
    }

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
}
