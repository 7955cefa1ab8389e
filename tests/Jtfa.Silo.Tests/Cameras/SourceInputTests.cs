using Jtfa.Silo.Cameras;
using Jtfa.Silo.Cameras.Sources;

namespace Jtfa.Silo.Tests.Cameras;

/// <summary>A file that is given to ffmpeg is the file that it opens.</summary>
public sealed class SourceInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("-clip.mkv")]
    [InlineData("http:clip.mkv")]
    [InlineData("concat:a|b.mkv")]
    [InlineData("100%20 %03d.mkv")]
    [InlineData("two\nlines.mkv")]
    [InlineData("Größe 'q' \"d\" \\ 大.mkv")]
    public async Task A_film_may_have_any_name(string name)
    {
        await Fixtures.FfmpegAsync($"-f lavfi -i color=0x202020:size=64x64:rate=10:duration=0.2 {_folder["clip.mkv"]}", _cancellation);
        File.Move(_folder["clip.mkv"], _folder[name]);
        Assert.InRange(await FirstPixelAsync(_folder[name]), 0x1c, 0x24);
    }

    [Fact]
    public async Task A_percent_sign_makes_no_pattern_of_an_image()
    {
        await Fixtures.FfmpegAsync($"-f lavfi -i color=0x202020:size=64x64 -frames:v 1 {_folder["dark.png"]}", _cancellation);
        await Fixtures.FfmpegAsync($"-f lavfi -i color=0xE0E0E0:size=64x64 -frames:v 1 {_folder["shot_1.png"]}", _cancellation);
        File.Move(_folder["dark.png"], _folder["shot_%d.png"]);
        Assert.InRange(await FirstPixelAsync(_folder["shot_%d.png"]), 0x1c, 0x24);
    }

    [Fact]
    public void A_name_that_looks_like_an_address_becomes_one_of_a_file()
    {
        var path = _folder.Write("a:b_%d.png", "");
        Assert.Equal(["-f", "image2", "-pattern_type", "none", "-i", $"file:{path}"], Arguments(path, "").TakeLast(6));
        Assert.Equal(["-f", "image2", "-i", $"file:{path}"], Arguments(path, "-f image2").TakeLast(4)); // a pattern, as asked for
        Assert.Equal(["-i", "http://a/%d.png"], Arguments("http://a/%d.png", "").TakeLast(2));
    }

    private static IEnumerable<string> Arguments(string path, string options) =>
        SourceInput.Of(new() { Path = path, InputOptions = options }).Arguments;

    private async Task<int> FirstPixelAsync(string path)
    {
        await using var source = await FfmpegFrameSource.StartAsync(
            new() { Path = path }, new FrameShape(8, 8, 1), new CameraOptions(), TimeProvider.System, _cancellation);
        return Assert.NotNull(await source.NextAsync(0, _cancellation)).Frame!.Pixels[0];
    }
}
