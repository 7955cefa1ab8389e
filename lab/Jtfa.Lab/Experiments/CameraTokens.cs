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

    /// <summary>
    /// Moments of a scene that moves, 20 a second: photographs one after the other, each for 1 to 3 seconds; it moves to and fro by up to
    /// two pixels for a part of it, half in the mean, and then stands. Noise is another one each moment.
    /// </summary>
    /// <param name="photographs">What they look at.</param>
    /// <param name="models">The folder of model and views.</param>
    /// <param name="count">How many moments.</param>
    /// <param name="seed">Which photographs, and how they move.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<IReadOnlyList<SceneMoment>> MakeMovingAsync(
        Photographs photographs, string models, int count, int seed, CancellationToken cancellationToken)
    {
        using var model = VisionModel.Load(models);
        using var extractor = model.CreateExtractor();
        await using var source = await IdxFrameSource.OpenAsync(
            photographs.Images, photographs.Labels, TimeProvider.System, cancellationToken);
        var all = DemoViews.Load(Path.Combine(models, "views.json"));
        var views = CameraNodes.Names.Select(all.Find)
            .Select(view => (view.View, See: view.Transform is { } transform ? new ViewTransformer(transform, view.View) : null)).ToList();
        var (random, moments) = (new Random(seed), new List<SceneMoment>(count));
        while (moments.Count < count)
        {
            if (await source.NextAsync(random.Next(source.Count), cancellationToken) is not { Frame: { } frame } sample) break;
            var length = random.Next(20, 61);
            var moving = random.Next(0, length);
            for (var i = 0; i < length && moments.Count < count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var angle = 2 * Math.PI * Math.Min(i, moving) / 20.0;
                var (seen, tick) = (Shifted(frame, 2 * Math.Sin(angle), Math.Sin(2 * angle)), (long)moments.Count);
                moments.Add(new SceneMoment(
                    sample.Label,
                    [.. views.Select(view => Sent(extractor.Extract(view.See?.Apply(seen, tick) ?? seen).Span, view.View, tick))],
                    PacketBytes));
            }
        }

        return moments;
    }

    // Between pixels linearly; what comes in at an edge is that edge's.
    private static Frame Shifted(Frame frame, double x, double y)
    {
        var (width, height, channels) = frame.Shape;
        var shifted = new byte[frame.Pixels.Length];
        for (var row = 0; row < height; row++)
        {
            for (var column = 0; column < width; column++)
            {
                for (var channel = 0; channel < channels; channel++)
                    shifted[(((row * width) + column) * channels) + channel] = At(column - x, row - y, channel);
            }
        }

        return new Frame(frame.Shape, shifted);

        byte At(double column, double row, int channel)
        {
            (column, row) = (Math.Clamp(column, 0, width - 1), Math.Clamp(row, 0, height - 1));
            var (left, top) = ((int)column, (int)row);
            var (right, bottom) = (Math.Min(left + 1, width - 1), Math.Min(top + 1, height - 1));
            var (dx, dy) = (column - left, row - top);
            return (byte)Math.Round(
                ((1 - dy) * (((1 - dx) * Pixel(left, top)) + (dx * Pixel(right, top))))
                + (dy * (((1 - dx) * Pixel(left, bottom)) + (dx * Pixel(right, bottom)))));
            double Pixel(int atColumn, int atRow) => frame.Pixels[(((atRow * width) + atColumn) * channels) + channel];
        }
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
