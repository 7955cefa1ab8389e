using System.Text;
using Jtfa.Interfaces;
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
    [InlineData("text.png", "no image at all", "its content is no PNG, JPEG,")]
    [InlineData("empty.jpg", "", "it is empty")]
    [InlineData("pointer.jpg", "version https://git-lfs.github.com/spec/v1\n", "run 'git lfs pull'")]
    [InlineData("9/text.png", "no image at all", "its content is no PNG, JPEG,")]
    [InlineData("broken.png", "\u0089PNG\r\n\u001a\n and no more", "Error")]
    public async Task A_bad_image_is_left_out_and_named(string name, string content, string reason)
    {
        await PaintAsync("5/a.png", "0x202020");
        await PaintAsync("5/z.png", "0x202020");
        _folder.Write(name, Encoding.Latin1.GetBytes(content));
        await using var source = await OpenAsync(s_grey);
        Assert.Equal(2, source.Count);
        Assert.Contains($"1 unusable, the first is '{name}' (", source.LeftOut);
        if (reason != "Error") Assert.Contains(reason, source.LeftOut);
        for (var tick = 0L; tick < 10; tick++) Assert.Equal(5, Assert.NotNull(await source.NextAsync(tick, _cancellation)).Label);
    }

    [Theory]
    [InlineData("noise.jpg")]
    [InlineData("noise.png")]
    [InlineData("noise.gif")]
    [InlineData("noise.tif")]
    public async Task A_truncated_image_is_bad_and_no_grey_rest(string name)
    {
        await Fixtures.FfmpegAsync($"-f lavfi -i testsrc=size=64x64 -frames:v 1 {_folder[name]}", _cancellation);
        await using (var whole = await OpenAsync(s_grey)) Assert.Equal((1, ""), (whole.Count, whole.LeftOut));
        var bytes = await File.ReadAllBytesAsync(_folder[name], _cancellation);
        _folder.Write(name, bytes[..(bytes.Length / 2)]);
        await Fixtures.FaultAsync(() => OpenAsync(s_grey), name, "hardly one can be used");
    }

    [Fact]
    public async Task Hidden_files_are_left_out_and_counted()
    {
        await PaintAsync("IMG_1.png", "0x202020");
        _folder.Write("._IMG_1.png", new byte[4096]); // what macOS leaves on other file systems
        _folder.Write(".thumbnails/a.jpg", "a");
        foreach (var other in new[] { "Thumbs.db", ".DS_Store", "desktop.ini" }) _folder.Write(other, "no image by its name");
        await using var source = await OpenAsync(s_grey);
        Assert.Equal(1, source.Count);
        Assert.Equal("2 hidden, the first is '._IMG_1.png'", source.LeftOut);
    }

    [Fact]
    public async Task Among_many_images_several_bad_ones_are_found()
    {
        const string counting = "color=black:size=16x16,format=gray,geq=lum=2*N";
        await Fixtures.FfmpegAsync($"-f lavfi -i {counting} -frames:v 70 {_folder["%03d.png"]}", _cancellation);
        int[] bad = [0, 17, 18, 65];
        foreach (var index in bad) Truncate(_folder[$"{index + 1:000}.png"]);
        await using var source = await OpenAsync(s_grey);
        Assert.StartsWith("4 unusable, the first is '001.png'", source.LeftOut);
        var left = Enumerable.Range(0, 70).Except(bad).ToArray();
        for (var tick = 0L; tick < 40; tick++)
        {
            var frame = Assert.NotNull(await source.NextAsync(tick, _cancellation)).Frame!;
            AssertAll(frame, 2 * left[SampleOrder.IndexOf(tick, left.Length)]);
        }
    }

    [Fact]
    public async Task Where_hardly_an_image_is_left_something_else_is_wrong()
    {
        await PaintAsync("good.png", "0x202020");
        for (var i = 0; i < 9; i++) _folder.Write($"{i}.png", "bad");
        await using (var source = await OpenAsync(s_grey)) Assert.StartsWith("9 unusable", source.LeftOut);
        for (var i = 9; i < 20; i++) _folder.Write($"{i}.png", "bad");
        await Fixtures.FaultAsync(() => OpenAsync(s_grey), "Of the 21 images", "20 unusable, the first is '0.png'", "no PNG");
        File.Delete(_folder["good.png"]);
        await Fixtures.FaultAsync(() => OpenAsync(s_grey), "has no image", "20 unusable");
    }

    [Theory]
    [InlineData("shot_%d.png", "shot_1.png")]
    [InlineData("shot_%03d.png", "shot_001.png")]
    [InlineData("photo%20dog.png", "photo dog.png")]
    [InlineData("%*.png", "other.png")]
    [InlineData("[ab]*?{1}.png", "a1.png")]
    [InlineData("-i.png", "i.png")]
    [InlineData("a:b|c.png", "b.png")]
    [InlineData("two\nlines.png", "two")]
    [InlineData("it's \"quoted\" \\ .png", "its.png")]
    [InlineData("Größe 大 🎈.png", "x.png")]
    [InlineData("http:/x/y.png", "y.png")]
    [InlineData("concat:a.png", "a.png")]
    public async Task The_file_that_is_named_is_the_file_that_is_read(string name, string other)
    {
        await PaintAsync("other.png", "0xE0E0E0");
        await PaintAsync("paint.png", "0x202020");
        Directory.CreateDirectory(_folder["7"]);
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[Path.Combine("7", name)])!);
        File.Move(_folder["paint.png"], _folder[Path.Combine("7", name)]);
        File.Copy(_folder["other.png"], _folder[Path.Combine("7", other)], overwrite: true);
        await using var source = await OpenAsync(s_grey, folder: _folder["7"]);

        var values = new HashSet<byte>();
        for (var tick = 0L; tick < 40; tick++)
            values.Add(Assert.NotNull(await source.NextAsync(tick, _cancellation)).Frame!.Pixels[0]);
        Assert.Contains(values, value => value is > 0x1c and < 0x24);
        Assert.Equal("", source.LeftOut);
    }

    [Fact]
    public async Task The_content_tells_the_format_and_not_the_name()
    {
        await PaintAsync("a.jpg", "0x808080");
        foreach (var format in new[] { "bmp", "gif", "tif", "webp", "pgm", "ppm" })
        {
            await PaintAsync($"x.{format}", "0x808080");
            File.Move(_folder[$"x.{format}"], _folder[$"is-{format}.png"]);
        }

        File.Move(_folder["a.jpg"], _folder["a.png"]);
        await using var source = await OpenAsync(s_grey);
        Assert.Equal((7, ""), (source.Count, source.LeftOut));
        for (var tick = 0L; tick < 40; tick++)
            AssertAll(Assert.NotNull(await source.NextAsync(tick, _cancellation)).Frame!, 0x80, tolerance: 6); // GIF has a palette
    }

    [Fact]
    public async Task Links_are_followed_once_and_those_that_lead_nowhere_are_left_out()
    {
        await PaintAsync("real/a.png", "0x202020");
        Directory.CreateSymbolicLink(_folder["real/loop"], _folder.Root);
        Directory.CreateSymbolicLink(_folder["linked"], _folder["real"]);
        File.CreateSymbolicLink(_folder["gone.png"], _folder["none.png"]);
        await using var source = await OpenAsync(s_grey);
        Assert.Equal(2, source.Count);
        Assert.StartsWith("1 unusable, the first is 'gone.png'", source.LeftOut);
    }

    [Fact]
    public async Task What_a_folder_leaves_out_is_told_once()
    {
        await PaintAsync("a.png", "0x202020");
        _folder.Write("bad.png", "no image");
        var log = new LogCollector();
        var config = new CameraConfig
        {
            Scene = "lobby",
            Camera = "door",
            Source = new FrameSourceConfig { Kind = FrameSourceKind.Images, Path = _folder.Root },
        };
        await using var source = await FrameSources.OpenAsync(config, s_grey, new CameraOptions(), _time, log, _cancellation);
        for (var tick = 0L; tick < 10; tick++) await source.NextAsync(tick, _cancellation);
        Assert.Single(log.Entries, entry => entry.Message.Contains("lobby/door")
            && entry.Message.Contains("1 unusable, the first is 'bad.png'"));
    }

    [Fact]
    public async Task Folders_that_cannot_be_used_are_told()
    {
        await Fixtures.FaultAsync(() => OpenAsync(s_grey), _folder.Root, "has no image", "Source.Path");
        await Fixtures.FaultAsync(() => OpenAsync(s_grey, folder: _folder["none"]), "none", "does not exist");
        _folder.Write("a.png", "P5 1 1 255\n.");
        await Fixtures.FaultAsync(() => OpenAsync(s_grey, new CameraOptions { MaxImageBytes = 47 }), "48 bytes", "limit of 47");
        var absent = new CameraOptions { Ffmpeg = "no-such-ffmpeg" };
        await Fixtures.FaultAsync(() => OpenAsync(s_grey, absent), "no-such-ffmpeg", "apt-get install ffmpeg");
    }

    private static void AssertAll(Frame frame, int value, int tolerance = 2) =>
        Assert.All(frame.Pixels, pixel => Assert.InRange(pixel - value, -tolerance, tolerance));

    private static void Truncate(string path) => File.WriteAllBytes(path, File.ReadAllBytes(path)[..40]);

    private Task<ImageFolderFrameSource> OpenAsync(FrameShape shape, CameraOptions? options = null, string? folder = null) =>
        ImageFolderFrameSource.OpenAsync(folder ?? _folder.Root, shape, options ?? new CameraOptions(), _time, _cancellation);

    private Task PaintAsync(string name, string colour)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
        return Fixtures.FfmpegAsync($"-f lavfi -i color={colour}:size=40x30,format=rgb24 -frames:v 1 {_folder[name]}", _cancellation);
    }
}
