using Jtfa.Core;
using Jtfa.Experiments.Nodes;
using Jtfa.Experiments.Windows;
using Jtfa.Silo.Cameras.Sources;
using Jtfa.Silo.Cameras.Vision;

namespace Jtfa.Lab.Experiments;

/// <summary>The cameras' tokens of photographs, made as <c>jtfa camera</c> makes them, but not sent.</summary>
internal static class CameraTokens
{
    // Of a packet of 16 numbers with all that a camera says in it.
    private const int PacketBytes = 147;

    /// <summary>A moment of each photograph, in the cameras' order.</summary>
    /// <param name="photographs">What they look at.</param>
    /// <param name="models">The folder of model and views.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<IReadOnlyList<SceneMoment>> MakeAsync(
        Photographs photographs, string models, CancellationToken cancellationToken) =>
        [
            .. (await OfModelAsync(photographs, models, models, cancellationToken)).Select((moment, tick) => moment with
            {
                Tokens = [.. moment.Tokens.Select((token, view) => Sent(token.Span, view, tick))],
                Bytes = PacketBytes,
            }),
        ];

    /// <summary>The same of any model, as its tokens come out of it: not encoded.</summary>
    /// <param name="photographs">What the cameras look at.</param>
    /// <param name="folder">The folder of the model.</param>
    /// <param name="models">The folder of the views.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<IReadOnlyList<SceneMoment>> OfModelAsync(
        Photographs photographs, string folder, string models, CancellationToken cancellationToken)
    {
        using var model = VisionModel.Load(folder);
        using var extractor = model.CreateExtractor();
        await using var source = await IdxFrameSource.OpenAsync(
            photographs.Images, photographs.Labels, TimeProvider.System, cancellationToken);
        var all = DemoViews.Load(Path.Combine(models, "views.json"));
        var views = CameraNodes.Names.Select(all.Find)
            .Select(view => (view.View, See: view.Transform is { } transform ? new ViewTransformer(transform, view.View) : null)).ToList();
        var moments = new List<SceneMoment>(source.Count);
        for (var tick = 0L; tick < source.Count; tick++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await source.NextAsync(tick, cancellationToken) is not { Frame: { } frame } sample) break;
            moments.Add(new SceneMoment(
                sample.Label,
                [.. views.Select(view => (ReadOnlyMemory<float>)extractor.Extract(view.See?.Apply(frame, tick) ?? frame).ToArray())],
                0));
        }

        return moments;
    }

    // As it comes out of its packet.
    private static ReadOnlyMemory<float> Sent(ReadOnlySpan<float> token, int view, long tick)
    {
        var values = new sbyte[token.Length];
        var seed = (uint)SampleOrder.Seed(view, tick);
        var scale = TokenCodec.Encode(token, TokenEncoding.HMix, seed, values);
        var sent = new float[token.Length];
        TokenCodec.Decode(values, TokenEncoding.HMix, seed, scale, sent);
        return sent;
    }
}
