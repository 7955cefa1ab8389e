using System.Globalization;
using System.Net;
using Jtfa.Core;
using Jtfa.Testbed.Hosts;

namespace Jtfa.Experiments.Nodes;

/// <summary>What the cameras look at.</summary>
/// <param name="Images">IDX file of images.</param>
/// <param name="Labels">IDX file of their labels.</param>
public sealed record Photographs(string Images, string Labels);

/// <summary>The camera hosts' <c>jtfa camera</c> processes: a view each of the same photographs, by the shipped model.</summary>
public sealed class CameraNodes : IAsyncDisposable
{
    /// <summary>The views of models/views.json, by number.</summary>
    public static readonly IReadOnlyList<string> Names = ["door", "window", "shelf", "ceiling"];

    private readonly List<HostProcess> _processes = [];

    private CameraNodes(string folder) => Spans = [.. Names.Select(name => new SpanReader(Path.Combine(folder, $"{name}-spans.jsonl")))];

    /// <summary>What each tells of its tokens, by view.</summary>
    public IReadOnlyList<SpanReader> Spans { get; }

    /// <summary>Starts a camera of the photographs on each host.</summary>
    /// <param name="hosts">The camera hosts, by view.</param>
    /// <param name="program">The program.</param>
    /// <param name="folder">Where their spans are written.</param>
    /// <param name="photographs">What they look at.</param>
    /// <param name="encoding">How tokens are encoded.</param>
    /// <param name="rate">Captures a second.</param>
    /// <param name="to">Where each sends, by view.</param>
    public static Task<CameraNodes> StartAsync(
        IReadOnlyList<TestHost> hosts, JtfaProgram program, string folder, Photographs photographs, TokenEncoding encoding, double rate, IReadOnlyList<IPEndPoint> to) =>
        StartAsync(hosts, folder, (view, spans) => program.With(
        [
            "camera", "--source", "idx", "--path", photographs.Images, "--labels", photographs.Labels, "--views", Path.Combine(program.Models, "views.json"),
            "--camera", Names[view], "--encoding", encoding.ToString(), "--rate", Text(rate), "--to", to[view].ToString(), "--spans", spans,
        ]));

    /// <summary>Starts cameras that make their tokens of random numbers, which costs nothing: for what the path alone does.</summary>
    public static Task<CameraNodes> StartRandomAsync(IReadOnlyList<TestHost> hosts, JtfaProgram program, string folder, double rate, IReadOnlyList<IPEndPoint> to) =>
        StartAsync(hosts, folder, (view, _) => program.With(
            ["camera", "--source", "random", "--camera", Names[view], "--view", Text(view), "--rate", Text(rate), "--to", to[view].ToString()]));

    /// <summary>Starts a program of each host's own.</summary>
    /// <param name="hosts">The camera hosts, by view.</param>
    /// <param name="folder">Their working folder.</param>
    /// <param name="program">Its command line, by view and span file.</param>
    public static async Task<CameraNodes> StartAsync(IReadOnlyList<TestHost> hosts, string folder, Func<int, string, IReadOnlyList<string>> program)
    {
        ArgumentNullException.ThrowIfNull(hosts);
        ArgumentNullException.ThrowIfNull(program);
        Directory.CreateDirectory(folder);
        var nodes = new CameraNodes(folder);
        try
        {
            for (var view = 0; view < hosts.Count; view++)
                nodes._processes.Add(await HostProcess.StartAsync(hosts[view], $"camera {Names[view]}", folder, program(view, nodes.Spans[view].Path)));
            return nodes;
        }
        catch
        {
            await nodes.DisposeAsync();
            throw;
        }
    }

    /// <summary>Throws if one has ended.</summary>
    /// <exception cref="Jtfa.Testbed.TestbedException">One has; the message has its last lines.</exception>
    public void MustRun() => _processes.ForEach(process => process.MustRun());

    /// <summary>Stops them.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_processes.Select(process => process.DisposeAsync().AsTask()));
        _processes.Clear();
    }

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
