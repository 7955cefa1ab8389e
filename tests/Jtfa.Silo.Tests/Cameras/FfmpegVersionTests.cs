using Jtfa.Interfaces;
using Jtfa.Silo.Cameras;
using Jtfa.Silo.Cameras.Sources;

namespace Jtfa.Silo.Tests.Cameras;

public sealed class FfmpegVersionTests : IDisposable
{
    private static readonly FrameShape s_grey = new(8, 6, 1);
    private readonly TemporaryFolder _folder = new();
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    // Builds from git have no number, the libraries have one all the same.
    [Theory]
    [InlineData("ffmpeg version 3.4.8-0ubuntu0.2 Copyright (c) 2000-2020", "ffmpeg 3.4.8", "-vsync", true)]
    [InlineData("ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright", "ffmpeg 4.4.2", "-vsync", false)]
    [InlineData("ffmpeg version n4.4 Copyright", "ffmpeg 4.4", "-vsync", false)]
    [InlineData("ffmpeg version 5.0.1 Copyright", "ffmpeg 5.0.1", "-vsync", false)]
    [InlineData("ffmpeg version 5.1.9-0+deb12u1 Copyright", "ffmpeg 5.1.9", "-fps_mode", false)]
    [InlineData("ffmpeg version n7.1 Copyright\nlibavformat    61.  7.100 / 61.  7.100", "ffmpeg 7.1", "-fps_mode", false)]
    [InlineData("ffmpeg version N-47683-g0e8eb07980-static\nlibavformat    58. 24.100 / 58. 24.100", "ffmpeg", "-vsync", false)]
    [InlineData("ffmpeg version N-109968-gc2eb76ad3f\nlibavutil      58.  1.100\nlibavformat    60.  2.100", "ffmpeg", "-fps_mode", false)]
    [InlineData("", "ffmpeg", "-fps_mode", false)]
    public void A_version_decides_what_the_option_is_called(string output, string name, string option, bool isTooOld)
    {
        var version = FfmpegVersion.Parse(output);
        Assert.Equal((name, isTooOld), (version.Name, version.IsTooOld));
        Assert.Equal(["-i", "a", option, "passthrough"], version.Adapt(["-i", "a", "-fps_mode", "passthrough"]));
    }

    [Fact]
    public async Task An_older_ffmpeg_plays_films_and_images_and_is_asked_for_its_version_once()
    {
        await Fixtures.FfmpegAsync($"-f lavfi -i testsrc=size=64x64:rate=10:duration=0.3 {_folder["clip.mkv"]}", _cancellation);
        Directory.CreateDirectory(_folder["images"]);
        await Fixtures.FfmpegAsync($"-f lavfi -i testsrc=size=64x64 -frames:v 1 {_folder["images/a.png"]}", _cancellation);
        var options = new CameraOptions { Ffmpeg = FakeFfmpeg.Write(_folder, FakeFfmpeg.Ubuntu2204, unknown: "-fps_mode") };
        var film = new FrameSourceConfig { Kind = FrameSourceKind.Ffmpeg, Path = _folder["clip.mkv"] };

        await using (var source = await FfmpegFrameSource.StartAsync(film, s_grey, options, TimeProvider.System, _cancellation))
            Assert.NotNull(await source.NextAsync(0, _cancellation));
        await using (var source = await ImageFolderFrameSource.OpenAsync(
            _folder["images"], s_grey, options, TimeProvider.System, _cancellation))
            Assert.Equal(1, source.Count);
        Assert.Single(await File.ReadAllLinesAsync(_folder["asked"], _cancellation));
    }

    [Fact]
    public async Task Options_that_it_refuses_are_no_bad_film_and_no_bad_image()
    {
        await Fixtures.FfmpegAsync($"-f lavfi -i testsrc=size=64x64 -frames:v 1 {_folder["a.png"]}", _cancellation);
        var options = new CameraOptions { Ffmpeg = FakeFfmpeg.Write(_folder, "ffmpeg version 6.1 Copyright", unknown: "-fps_mode") };
        var film = new FrameSourceConfig { Kind = FrameSourceKind.Ffmpeg, Path = _folder["a.png"] };
        await using var source = await FfmpegFrameSource.StartAsync(film, s_grey, options, TimeProvider.System, _cancellation);

        foreach (var act in (Func<Task>[])
        [
            () => source.NextAsync(0, _cancellation).AsTask(),
            () => ImageFolderFrameSource.OpenAsync(_folder.Root, s_grey, options, TimeProvider.System, _cancellation),
        ])
        {
            var fault = await Fixtures.FaultAsync(act, "ffmpeg 6.1 refuses its options (Unrecognized option 'fps_mode'.)", "4.0 or later");
            Assert.DoesNotContain("a.png", fault, StringComparison.Ordinal);
        }
    }
}
