using System.Globalization;
using System.Net;
using Jtfa.Core;
using Jtfa.Testbed.Hosts;

namespace Jtfa.Experiments.Nodes;

/// <summary>What the cameras look at.</summary>
/// <param name="Images">IDX file of images.</param>
/// <param name="Labels">IDX file of their labels.</param>
public sealed record Photographs(string Images, string Labels)
{
    /// <summary>The shipped sample.</summary>
    public static Photographs Sample(JtfaProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        var sample = Path.Combine(program.Models, "sample");
        return new Photographs(Path.Combine(sample, "images-idx3-ubyte.gz"), Path.Combine(sample, "labels-idx1-ubyte.gz"));
    }
}

/// <summary>The camera hosts' <c>jtfa camera</c> processes: a view each of the same photographs, by the shipped model.</summary>
public sealed class CameraNodes : IAsyncDisposable
{
    /// <summary>The views of models/views.json, by number.</summary>
    public static readonly IReadOnlyList<string> Names = ["door", "window", "shelf", "ceiling"];

    private readonly HostProcesses _processes;

    private CameraNodes(HostProcesses processes, IReadOnlyList<SpanReader> spans) => (_processes, Spans) = (processes, spans);

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
    public static async Task<CameraNodes> StartAsync(
        IReadOnlyList<TestHost> hosts, JtfaProgram program, string folder, Photographs photographs, TokenEncoding encoding, double rate,
        IReadOnlyList<IPEndPoint> to)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(photographs);
        SpanReader[] spans = [.. Names.Select(name => new SpanReader(Path.Combine(folder, $"{name}-spans.jsonl")))];
        var processes = await HostProcesses.StartAsync(hosts, NameOf, folder, view =>
            [.. Command(
                program, "camera", photographs, view, rate, to[view]), "--encoding", encoding.ToString(), "--spans", spans[view].Path]);
        return new CameraNodes(processes, spans);
    }

    /// <summary>The command line of a view's camera of photographs; further options may follow.</summary>
    /// <param name="program">The program.</param>
    /// <param name="verb">camera, or what takes the same options.</param>
    /// <param name="photographs">What it looks at.</param>
    /// <param name="view">Its view.</param>
    /// <param name="rate">Captures a second.</param>
    /// <param name="to">Where it sends.</param>
    internal static IReadOnlyList<string> Command(
        JtfaProgram program, string verb, Photographs photographs, int view, double rate, IPEndPoint to) => program.With(
        verb, "--source", "idx", "--path", photographs.Images, "--labels", photographs.Labels, "--views",
        Path.Combine(program.Models, "views.json"),
        "--camera", Names[view], "--rate", rate.ToString(CultureInfo.InvariantCulture), "--to", to.ToString());

    /// <summary>What messages call a view's camera.</summary>
    internal static string NameOf(int view) => $"camera {Names[view]}";

    /// <summary>Throws if one has ended.</summary>
    /// <exception cref="Jtfa.Testbed.TestbedException">One has; the message has its last lines.</exception>
    public void MustRun() => _processes.MustRun();

    /// <summary>Stops them.</summary>
    public ValueTask DisposeAsync() => _processes.DisposeAsync();
}
