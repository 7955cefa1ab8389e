using System.Text.Json;
using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Silo.Cameras.Sources;
using Jtfa.Silo.Cameras.Vision;

namespace Jtfa.Silo.Tests.Cameras;

public sealed class ViewTransformerTests
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    [Theory]
    [InlineData(28, 28, 1)]
    [InlineData(17, 9, 3)]
    [InlineData(1, 1, 1)]
    public void The_identity_is_exact(int width, int height, int channels)
    {
        var frame = Fixtures.RandomFrame(width, height, channels, 1);
        Assert.Equal(frame.Pixels, Apply(new ViewTransform(), frame).Pixels);
        Assert.Equal(frame.Pixels, Apply(new ViewTransform { Crop = new FractionRectangle(0, 0, 1, 1), Rotation = 360 }, frame).Pixels);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_right_angle_permutes_the_pixels(int channels)
    {
        const int side = 6;
        var frame = Fixtures.RandomFrame(side, side, channels, 2);
        // f = (fx, fy), θ = 90°: r = (fy, −fx), so the output (u, v) reads the input at column v and row side − 1 − u.
        var expected = new byte[frame.Pixels.Length];
        for (var v = 0; v < side; v++)
            for (var u = 0; u < side; u++)
                for (var c = 0; c < channels; c++)
                    expected[(((v * side) + u) * channels) + c] = frame.Pixels[((((side - 1 - u) * side) + v) * channels) + c];
        var turned = Apply(new ViewTransform { Rotation = 90 }, frame);
        Assert.Equal(expected, turned.Pixels);

        var half = Apply(new ViewTransform { Rotation = 180 }, frame).Pixels.Chunk(channels).Reverse().SelectMany(pixel => pixel).ToArray();
        Assert.Equal(frame.Pixels, half);
        var back = new Frame(turned.Shape, [.. turned.Pixels]);
        Assert.Equal(frame.Pixels, Apply(new ViewTransform { Rotation = -90 }, back).Pixels);
    }

    [Fact]
    public void A_crop_of_half_the_size_reads_between_the_pixels()
    {
        // Columns 10·x: linear, so bilinear interpolation gives 10·px within the frame. px = (0.25 + (u+½)/8·0.5)·8 − 0.5.
        var frame = new Frame(new FrameShape(8, 8, 1), [.. Enumerable.Range(0, 64).Select(i => (byte)(10 * (i % 8)))]);
        var cropped = Apply(new ViewTransform { Crop = new FractionRectangle(0.25, 0.25, 0.5, 0.5) }, frame);
        byte[] row = [.. Enumerable.Range(0, 8).Select(u => (byte)Math.Round(10 * (((0.25 + ((u + 0.5) / 16)) * 8) - 0.5)))];
        Assert.All(cropped.Pixels.Chunk(8), actual => Assert.Equal(row, actual));
    }

    [Fact]
    public void A_crop_by_whole_pixels_shifts_and_outside_is_black()
    {
        var frame = Fixtures.RandomFrame(4, 4, 1, 3);
        var shifted = Apply(new ViewTransform { Crop = new FractionRectangle(0.25, -0.5, 1, 1) }, frame);
        for (var v = 0; v < 4; v++)
            for (var u = 0; u < 4; u++)
                Assert.Equal(u + 1 < 4 && v - 2 >= 0 ? frame.Pixels[((v - 2) * 4) + u + 1] : 0, shifted.Pixels[(v * 4) + u]);
    }

    [Fact]
    public void Outside_counts_as_black_in_the_interpolation_too()
    {
        var frame = new Frame(new FrameShape(2, 1, 1), [200, 200]);
        // Half a pixel to the left: the first output pixel lies half outside.
        Assert.Equal([100, 200], Apply(new ViewTransform { Crop = new FractionRectangle(-0.25, 0, 1, 1) }, frame).Pixels);
    }

    [Fact]
    public void The_occlusion_covers_the_pixels_whose_centres_it_holds()
    {
        var frame = new Frame(new FrameShape(10, 10, 3), Enumerable.Repeat((byte)255, 300).ToArray());
        var occlusion = new FractionRectangle(0.25, 0.5, 0.3, 0.5); // centres 0.25 … 0.45 across (0.55 not), 0.55 … 0.95 down
        var seen = Apply(new ViewTransform { Occlusion = occlusion, Rotation = 0 }, frame);
        for (var v = 0; v < 10; v++)
            for (var u = 0; u < 10; u++)
                Assert.All(
                    seen.Pixels.Skip(((v * 10) + u) * 3).Take(3), value => Assert.Equal(u is 2 or 3 or 4 && v >= 5 ? 0 : 255, value));
    }

    [Theory]
    [InlineData(0.5, 100, 50)]
    [InlineData(0.5, 101, 50)] // 50.5: halves to even
    [InlineData(0.5, 103, 52)]
    [InlineData(3, 100, 255)]
    [InlineData(0, 100, 0)]
    public void Exposure_multiplies_clips_and_rounds(double exposure, byte pixel, byte expected) =>
        Assert.Equal([expected], Apply(new ViewTransform { Exposure = exposure }, new Frame(new FrameShape(1, 1, 1), [pixel])).Pixels);

    [Fact]
    public void Noise_has_the_standard_deviation_asked_for_and_no_bias()
    {
        var grey = new Frame(new FrameShape(200, 200, 1), Enumerable.Repeat((byte)128, 40_000).ToArray());
        var transformer = new ViewTransformer(new ViewTransform { Noise = 0.1 }, 0);
        var noise = Enumerable.Range(0, 5).SelectMany(tick => transformer.Apply(grey, tick).Pixels.ToArray()).Select(p => p - 128.0)
            .ToList();
        var mean = noise.Average();
        var deviation = Math.Sqrt(noise.Average(n => (n - mean) * (n - mean)));
        // 200,000 draws: the mean's standard error is 0.06, the deviation's 0.04; rounding adds 1/12 to the variance.
        Assert.InRange(mean, -0.3, 0.3);
        Assert.InRange(deviation, 25.5 - 0.2, 25.5 + 0.2);
        Assert.InRange(noise.Count(n => Math.Abs(n) < 25.5) / 200_000.0, 0.675, 0.69); // 68.3 % within one deviation
        var correlation = noise.Zip(noise.Skip(1)).Average(pair => pair.First * pair.Second) / (deviation * deviation);
        Assert.InRange(correlation, -0.01, 0.01);
    }

    [Fact]
    public void Noise_depends_on_seed_view_and_tick_alone()
    {
        var frame = Fixtures.RandomFrame(28, 28, 1, 4);
        byte[] Noisy(int seed, int view, long tick) =>
            new ViewTransformer(new ViewTransform { Noise = 0.2, Seed = seed }, view).Apply(frame, tick).Pixels;
        var noisy = Noisy(1, 2, 3);
        Assert.Equal(noisy, Noisy(1, 2, 3));
        Assert.NotEqual(noisy, Noisy(2, 2, 3));
        Assert.NotEqual(noisy, Noisy(1, 3, 3));
        Assert.NotEqual(noisy, Noisy(1, 2, 4));
    }

    [Fact]
    public void Noise_falls_on_what_stands_before_the_camera_too()
    {
        var blind = new ViewTransform { Occlusion = new FractionRectangle(0, 0, 1, 1), Noise = 0.1 };
        var seen = Apply(blind, Fixtures.RandomFrame(50, 50, 1, 5));
        Assert.InRange(seen.Pixels.Count(p => p > 0), 1000, 1500); // half of the noise is below 0 and clipped
    }

    [Fact]
    public void Frames_are_those_that_the_model_was_trained_on()
    {
        using var file = File.OpenRead(Fixtures.PathOf("views.npy"));
        var rendered = Npy.Read(file).ToSingles().Select(value => (byte)value).Chunk(28 * 28).ToArray();
        var views = JsonSerializer.Deserialize<List<CameraView>>(File.ReadAllText(Fixtures.PathOf("views.json")), s_json)!;
        Assert.Equal(rendered.Length, views.Count + 1);
        foreach (var (view, expected) in views.Zip(rendered.Skip(1)))
        {
            var frame = new Frame(new FrameShape(28, 28, 1), rendered[0]);
            var actual = Apply(view.Transform with { Noise = 0 }, frame).Pixels;
            // Single precision sums in another order may round the other way where a value lies at a half.
            Assert.All(actual.Zip(expected), pair => Assert.InRange(pair.First - pair.Second, -1, 1));
            Assert.InRange(actual.Zip(expected).Count(pair => pair.First != pair.Second), 0, 2);
        }
    }

    [Theory]
    [InlineData(double.NaN, 0, "Exposure")]
    [InlineData(-1, 0, "Exposure")]
    [InlineData(1, -0.1, "Noise")]
    [InlineData(1, double.PositiveInfinity, "Noise")]
    public async Task Impossible_numbers_are_told(double exposure, double noise, string name) =>
        await Fixtures.FaultAsync(
            () => Task.FromResult(new ViewTransformer(new ViewTransform { Exposure = exposure, Noise = noise }, 0)),
            $"Source.Transform.{name}=");

    private static Frame Apply(ViewTransform transform, Frame frame) => new ViewTransformer(transform, 0).Apply(frame, 1);

    private sealed record CameraView(string Camera, int View, ViewTransform Transform);
}
