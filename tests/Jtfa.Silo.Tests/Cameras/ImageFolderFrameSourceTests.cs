using Jtfa.Silo.Cameras;
using Jtfa.Silo.Cameras.Sources;

namespace Jtfa.Silo.Tests.Cameras;

public sealed class ImageFolderFrameSourceTests : IDisposable
{
    private static readonly FrameShape s_grey = new(8, 6, 1);
    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _time = new(Fixtures.Start);
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Sub_folders_with_numbers_are_labels()
    {
        await PaintAsync("3/dark.png", "0x202020");
        await PaintAsync("7/deep/bright.jpg", "0xE0E0E0");
        await PaintAsync("shelf/middle.png", "0x808080");
        _folder.Write("3/notes.txt", "no image");
        await using var source = await OpenAsync(s_grey);

        var labels = new Dictionary<int, Frame>();
        for (var tick = 0L; tick < 50; tick++)
        {
            var sample = Assert.NotNull(await source.NextAsync(tick, _cancellation));
            Assert.Equal(Fixtures.Start, sample.TakenAt.Utc);
            labels[sample.Label] = sample.Frame!;
        }
        Assert.Equal([-1, 3, 7], labels.Keys.Order());
        AssertAll(labels[3], 0x20);
        AssertAll(labels[7], 0xE0);
        AssertAll(labels[-1], 0x80);
    }

    [Fact]
    public async Task Colours_stay_in_the_order_red_green_blue()
    {
        await PaintAsync("red.png", "0xFF4000");
        await using var source = await OpenAsync(new FrameShape(5, 5, 3));
        var frame = Assert.NotNull(await source.NextAsync(1, _cancellation)).Frame!;
        Assert.All(frame.Pixels.Chunk(3), pixel => Assert.Equal([255, 64, 0], pixel.Select(p => (int)p)));
    }

    [Fact]
    public async Task Scaling_down_averages_all_pixels()
    {
        // One half is white: scaling that looks at all pixels gives half grey.
        const string halves = "color=black:size=160x120,drawbox=w=80:h=120:color=white:t=fill";
        await Fixtures.FfmpegAsync($"-f lavfi -i {halves} -frames:v 1 {_folder["a.png"]}", _cancellation);
        await using var source = await OpenAsync(new FrameShape(1, 1, 1));
        Assert.InRange(Assert.NotNull(await source.NextAsync(1, _cancellation)).Frame!.Pixels[0], 126, 129);
    }

    [Fact]
    public async Task More_images_than_a_batch_keep_their_order()
    {
        const string counting = "color=black:size=16x16,format=gray,geq=lum=2*N";
        await Fixtures.FfmpegAsync($"-f lavfi -i {counting} -frames:v 70 {_folder["%03d.png"]}", _cancellation);
        await using var source = await OpenAsync(s_grey);
        Assert.Equal(70, source.Count);
        for (var tick = 0L; tick < 40; tick++)
            AssertAll(Assert.NotNull(await source.NextAsync(tick, _cancellation)).Frame!, 2 * SampleOrder.IndexOf(tick, 70));
    }

    [Theory]
    [InlineData("text.png", "no image at all")]
    [InlineData("empty.jpg", "")]
    public async Task A_bad_image_among_good_ones_is_named(string name, string content)
    {
        await PaintAsync("a.png", "0x202020");
        await PaintAsync("z.png", "0x202020");
        var bad = _folder.Write(name, content);
        await Fixtures.FaultAsync(() => OpenAsync(s_grey), $"'{bad}' cannot be decoded", "remove or replace it");
    }

    [Theory]
    [InlineData("noise.jpg")]
    [InlineData("noise.png")]
    public async Task A_truncated_image_is_bad_and_no_grey_rest(string name)
    {
        await Fixtures.FfmpegAsync($"-f lavfi -i testsrc=size=64x64 -frames:v 1 {_folder[name]}", _cancellation);
        var whole = await File.ReadAllBytesAsync(_folder[name], _cancellation);
        _folder.Write(name, whole[..(whole.Length / 2)]);
        await Fixtures.FaultAsync(() => OpenAsync(s_grey), name, "cannot be decoded");
    }

    [Fact]
    public async Task Folders_that_cannot_be_used_are_told()
    {
        await Fixtures.FaultAsync(() => OpenAsync(s_grey), _folder.Root, "has no image", "Source.Path");
        await Fixtures.FaultAsync(() => OpenAsync(s_grey, folder: _folder["none"]), "none", "does not exist");
        _folder.Write("a.png", "");
        await Fixtures.FaultAsync(() => OpenAsync(s_grey, new CameraOptions { MaxImageBytes = 47 }), "48 bytes", "limit of 47");
        var absent = new CameraOptions { Ffmpeg = "no-such-ffmpeg" };
        await Fixtures.FaultAsync(() => OpenAsync(s_grey, absent), "no-such-ffmpeg", "apt-get install ffmpeg");
    }

    private static void AssertAll(Frame frame, int value) => Assert.All(frame.Pixels, pixel => Assert.InRange(pixel - value, -2, 2));

    private Task<ImageFolderFrameSource> OpenAsync(FrameShape shape, CameraOptions? options = null, string? folder = null) =>
        ImageFolderFrameSource.OpenAsync(folder ?? _folder.Root, shape, options ?? new CameraOptions(), _time, _cancellation);

    private Task PaintAsync(string name, string colour)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
        return Fixtures.FfmpegAsync($"-f lavfi -i color={colour}:size=40x30,format=rgb24 -frames:v 1 {_folder[name]}", _cancellation);
    }
}
