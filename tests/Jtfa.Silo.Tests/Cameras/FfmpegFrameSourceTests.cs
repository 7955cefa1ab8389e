using System.Diagnostics;
using Jtfa.Interfaces;
using Jtfa.Silo.Cameras;
using Jtfa.Silo.Cameras.Sources;
using Jtfa.Testing.Cameras;

namespace Jtfa.Silo.Tests.Cameras;

public sealed class FfmpegFrameSourceTests : IDisposable
{
    private static readonly FrameShape s_grey = new(28, 28, 1);
    private readonly TemporaryFolder _folder = new();
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    public FfmpegFrameSourceTests() => Fixtures.SkipWithoutFfmpeg();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_live_input_gives_scaled_frames_one_after_another()
    {
        await using var source = await StartAsync("testsrc=size=320x240:rate=50", "-re -f lavfi", new FrameShape(32, 24, 3));
        var last = DateTimeOffset.MinValue;
        for (var tick = 0L; tick < 5; tick++)
        {
            var sample = Assert.NotNull(await source.NextAsync(tick, _cancellation));
            Assert.Equal(new FrameShape(32, 24, 3), sample.Frame!.Shape);
            Assert.True(sample.Frame.Pixels.Distinct().Count() > 50);
            Assert.Equal(-1, sample.Label);
            Assert.True(sample.TakenAt.Utc > last);
            last = sample.TakenAt.Utc;
        }
    }

    [Fact]
    public async Task Frames_that_nobody_took_are_dropped_and_the_newest_is_kept()
    {
        // Frame number n is grey n. 250 frames of 784 bytes do not fit into a pipe (64 KiB): when ffmpeg has ended, all but
        // the last 84 have been read, and all of these but one are gone.
        await using var source = await StartAsync("color=size=28x28:rate=250:duration=1,format=gray,geq=lum=N", "-f lavfi", s_grey);
        await ProcessEndAsync(source.ProcessId);
        var seen = new List<int>();
        var end = await DrainAsync(source, frame => seen.Add(frame.Pixels[0]));
        Assert.Contains("ended", end?.Message, StringComparison.Ordinal);
        Assert.InRange(seen[0], 150, 249);
        Assert.Equal(249, seen[^1]);
        Assert.Equal(seen.Order().Distinct(), seen);
    }

    [Fact]
    public async Task A_file_plays_at_its_own_speed_and_ends_the_source()
    {
        await Fixtures.FfmpegAsync($"-f lavfi -i testsrc=size=64x64:rate=10:duration=0.5 {_folder["clip.mkv"]}", _cancellation);
        var started = Stopwatch.GetTimestamp();
        await using var source = await StartAsync(_folder["clip.mkv"], "", s_grey);
        var frames = 0;
        for (var tick = 0L; await source.NextAsync(tick, _cancellation) is not null; tick++) frames++;
        Assert.InRange(frames, 1, 5);
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0.35, 60); // the first frame comes at once
    }

    [Fact]
    public async Task Disposing_leaves_no_process()
    {
        var source = await StartAsync("testsrc", "-re -f lavfi", s_grey);
        Assert.NotNull(await source.NextAsync(0, _cancellation));
        var id = source.ProcessId;
        await source.DisposeAsync();
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(id));
    }

    [Fact]
    public async Task Disposing_before_the_first_frame_leaves_no_process()
    {
        var source = await StartAsync("testsrc", "-re -f lavfi", s_grey);
        var id = source.ProcessId;
        await source.DisposeAsync();
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(id));
    }

    [Fact]
    public async Task A_dying_ffmpeg_is_told_with_its_exit_code()
    {
        await using var source = await StartAsync("testsrc=rate=25", "-re -f lavfi", s_grey);
        Assert.NotNull(await source.NextAsync(0, _cancellation));
        using (var process = Process.GetProcessById(source.ProcessId)) process.Kill();
        AssertPasses(await DrainAsync(source), "testsrc=rate=25", "exit code 137");
    }

    [Fact]
    public async Task An_input_that_does_not_exist_is_told_with_what_ffmpeg_said()
    {
        await using var source = await StartAsync(_folder["none.mp4"], "", s_grey);
        var fault = await DrainAsync(source);
        Assert.False(fault!.MayPass);
        foreach (var word in (string[])["none.mp4", "exit code 1", "No such file or directory", "Source.Path"])
            Assert.Contains(word, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_keep_quoted_words_together()
    {
        await using var source = await StartAsync("testsrc", "-re -f 'lavfi' -metadata \"title=two  words\"", s_grey);
        var fault = await DrainAsync(source); // an output option: ffmpeg says so
        Assert.False(fault!.MayPass);
        Assert.Contains("refuses its options (Option metadata", fault.Message, StringComparison.Ordinal);
        await Fixtures.FaultAsync(() => StartAsync("testsrc", "-f 'lavfi", s_grey), "Source.InputOptions", "close the quote '");
        await using var good = await StartAsync("testsrc", "-re -f 'lav'\"fi\"  ", s_grey);
        Assert.NotNull(await good.NextAsync(0, _cancellation));
    }

    [Fact]
    public async Task An_absent_ffmpeg_is_told_with_how_to_install_it() =>
        await Fixtures.FaultAsync(
            () => StartAsync("testsrc", "-f lavfi", s_grey, new CameraOptions { Ffmpeg = "no-such-ffmpeg" }),
            "no-such-ffmpeg", "apt-get install ffmpeg");

    [Fact]
    public async Task An_input_that_gives_no_frame_is_told()
    {
        var time = new ManualClock(Fixtures.Start);
        await using var source = await StartAsync("testsrc=rate=0.001", "-re -f lavfi", s_grey, time: time, stallTimeout: 20_000);
        var drained = DrainAsync(source);
        await time.AdvanceToNextTimerAsync(TimeSpan.Zero, _cancellation);
        AssertPasses(await drained, "testsrc=rate=0.001", "no frame", "20 s");
        Assert.Equal(Fixtures.Start.AddSeconds(20), time.GetUtcNow());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_network_camera_that_ends_its_stream_is_a_fault_that_passes(bool reset)
    {
        await using var camera = new MjpegCamera(await JpegPictures.MakeAsync("testsrc=size=64x48", 5));
        await using var source = await StartAsync(camera.Address, "", s_grey);
        Assert.NotNull(await source.NextAsync(0, _cancellation));
        await camera.SwitchOffAsync(reset);
        AssertPasses(await DrainAsync(source), camera.Address, "ended");

        await using var next = await StartAsync(camera.Address, "", s_grey);
        AssertPasses(await DrainAsync(next), camera.Address, "Connection refused");
    }

    [Fact]
    public async Task A_network_camera_that_freezes_is_a_fault_after_its_time_also_where_nobody_asks_for_a_frame()
    {
        var time = new ManualClock(Fixtures.Start);
        await using var camera = new MjpegCamera(await JpegPictures.MakeAsync("testsrc=size=64x48", 5), rateHz: 100);
        await using var source = await StartAsync(camera.Address, "", s_grey, time: time);
        for (var tick = 0L; tick < 20; tick++) Assert.NotNull(await source.NextAsync(tick, _cancellation));

        camera.IsFrozen = true;
        time.Advance(TimeSpan.FromSeconds(9));
        camera.IsFrozen = false;
        for (var tick = 20L; tick < 25; tick++) Assert.NotNull(await source.NextAsync(tick, _cancellation));

        camera.IsFrozen = true;
        var fault = await StallAsync(source, time); // what is on its way still comes
        AssertPasses(fault, camera.Address, "no frame", "10 s");
    }

    [Fact]
    public async Task Damaged_frames_are_left_out_and_counted()
    {
        await using var camera = new MjpegCamera(await JpegPictures.MakeAsync("color=0xC8C8C8:size=320x240,noise=alls=24", 4), rateHz: 50)
        {
            IsDamaging = true,
        };
        await using var source = await StartAsync(camera.Address, "", new FrameShape(16, 12, 1));
        for (var tick = 0L; tick < 20; tick++)
        {
            var sample = Assert.NotNull(await source.NextAsync(tick, _cancellation));
            Assert.All(sample.Frame!.Pixels, pixel => Assert.InRange(pixel, 190, 210)); // the rest of a damaged picture is grey 128
        }

        Assert.InRange(source.DamagedFrames, 10, 100);
    }

    [Fact]
    public async Task A_camera_that_gives_damaged_frames_only_stalls_and_says_so()
    {
        var time = new ManualClock(Fixtures.Start);
        var picture = (await JpegPictures.MakeAsync("color=0xC8C8C8:size=320x240,noise=alls=24", 1))[0];
        await using var camera = new MjpegCamera([picture[..(picture.Length / 2)]], rateHz: 100);
        await using var source = await StartAsync(camera.Address, "", s_grey, time: time);
        await Condition.HoldsAsync(() => source.DamagedFrames, damaged => damaged > 20, "damaged frames are counted");
        AssertPasses(await StallAsync(source, time), "no frame", "were too damaged");
    }

    [Fact]
    public async Task A_cover_picture_is_no_film()
    {
        await Fixtures.FfmpegAsync($"-f lavfi -i color=white:size=64x64 -frames:v 1 {_folder["cover.png"]}", _cancellation);
        await Fixtures.FfmpegAsync($"-f lavfi -i color=black:size=64x64:rate=20:duration=0.5 {_folder["film.mp4"]}", _cancellation);
        var clip = _folder["clip.mp4"];
        await Fixtures.FfmpegAsync(
            $"-i {_folder["cover.png"]} -i {_folder["film.mp4"]} -map 0 -map 1 -c copy -disposition:v:0 attached_pic {clip}",
            _cancellation);
        await using var source = await StartAsync(clip, "", s_grey);
        var frames = 0;
        Assert.Null(await DrainAsync(source, frame =>
        {
            frames++;
            Assert.All(frame.Pixels, pixel => Assert.InRange(pixel, 0, 32));
        }));
        Assert.InRange(frames, 1, 10);

        await Fixtures.FfmpegAsync(
            $"-i {_folder["cover.png"]} -c copy -disposition:v:0 attached_pic {_folder["cover.mp4"]}", _cancellation);
        await using var cover = await StartAsync(_folder["cover.mp4"], "", s_grey);
        var fault = await DrainAsync(cover);
        Assert.Contains("matches no streams", fault!.Message, StringComparison.Ordinal);
        Assert.False(fault.MayPass);
    }

    [Fact]
    public async Task A_pipe_is_live_whoever_writes_it()
    {
        await Fixtures.FfmpegAsync($"-f lavfi -i testsrc=size=64x64:rate=20:duration=0.5 -f mpegts {_folder["clip.ts"]}", _cancellation);
        using (var make = Process.Start("mkfifo", _folder["pipe"])) await make.WaitForExitAsync(_cancellation);
        await using var source = await StartAsync(_folder["pipe"], "", s_grey);
        using var write = Process.Start("cp", [_folder["clip.ts"], _folder["pipe"]]);
        AssertPasses(await DrainAsync(source), "pipe", "ended");
        await write.WaitForExitAsync(_cancellation);
    }

    [Fact]
    public async Task A_live_stream_of_H264_gives_its_first_frame_within_seconds()
    {
        using (var make = Process.Start("mkfifo", _folder["pipe"])) await make.WaitForExitAsync(_cancellation);
        var write = Fixtures.FfmpegAsync(
            $"-re -f lavfi -i testsrc=size=160x120:rate=30:duration=8 -c:v libx264 -tune zerolatency -g 30 -f h264 {_folder["pipe"]}",
            _cancellation);
        var started = Stopwatch.GetTimestamp();
        await using (var source = await StartAsync(_folder["pipe"], "-f h264", s_grey))
        {
            Assert.NotNull(await source.NextAsync(0, _cancellation));
            Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 4); // it was 5.5
            Assert.Contains("ended", (await DrainAsync(source))?.Message, StringComparison.Ordinal);
        }

        await write;
    }

    [Theory]
    [InlineData("clip.mkv", "", false)]
    [InlineData("file:clip.mkv", "", false)]
    [InlineData("clip.mkv", "-stream_loop 3", false)]
    [InlineData("clip.mkv", "-stream_loop -1", true)]
    [InlineData("clip.mkv", "-follow 1", true)]
    [InlineData("missing.mkv", "", false)]
    [InlineData("file:missing.mkv", "", false)]
    [InlineData("/dev/video99", "", true)]
    [InlineData("rtsp://127.0.0.1:1/cam", "-rtsp_transport tcp", true)]
    [InlineData("tcp://127.0.0.1:1", "-f h264", true)]
    [InlineData("video=HD Camera", "-f dshow", true)]
    public void Only_a_regular_file_is_finite(string path, string options, bool isLive)
    {
        _folder.Write("clip.mkv", "not played here");
        var input = SourceInput.Of(new FrameSourceConfig { Path = path.Replace("clip", _folder["clip"]), InputOptions = options });
        Assert.Equal(isLive, input.IsLive);
    }

    [Fact]
    public async Task A_file_whose_name_looks_like_an_address_is_the_file()
    {
        var name = $"{_folder.Root}/cam:1 %d.mkv";
        await Fixtures.FfmpegAsync($"-f lavfi -i testsrc=size=64x64:rate=20:duration=0.2 {_folder["a.mkv"]}", _cancellation);
        File.Move(_folder["a.mkv"], name);
        await using var source = await StartAsync(name, "", s_grey);
        Assert.Null(await DrainAsync(source));
    }

    private static Task<FfmpegFrameSource> StartAsync(
        string input, string inputOptions, FrameShape shape, CameraOptions? options = null, TimeProvider? time = null,
        double stallTimeout = 10_000)
    {
        var source = new FrameSourceConfig
        {
            Kind = FrameSourceKind.Ffmpeg,
            Path = input,
            InputOptions = inputOptions,
            StallTimeout = stallTimeout,
        };
        return FfmpegFrameSource.StartAsync(
            source, shape, options ?? new CameraOptions(), time ?? TimeProvider.System, TestContext.Current.CancellationToken);
    }

    private static void AssertPasses(CameraFaultException? fault, params string[] words)
    {
        Assert.True(fault?.MayPass, fault?.Message ?? "no fault");
        Assert.All(words, word => Assert.Contains(word, fault!.Message, StringComparison.Ordinal));
    }

    private async Task<CameraFaultException?> StallAsync(FfmpegFrameSource source, ManualClock time)
    {
        var drained = DrainAsync(source);
        await Condition.HoldsAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(10));
                return drained.IsCompleted;
            },
            completed => completed,
            "the input stalls");
        return await drained;
    }

    /// <summary>Takes all frames that are left.</summary>
    /// <returns>The fault that the source ended with; null where it ended well.</returns>
    private async Task<CameraFaultException?> DrainAsync(FfmpegFrameSource source, Action<Frame>? see = null)
    {
        try
        {
            for (var tick = 0L; await source.NextAsync(tick, _cancellation) is { } sample; tick++) see?.Invoke(sample.Frame!);
            return null;
        }
        catch (CameraFaultException fault)
        {
            return fault;
        }
    }

    private async Task ProcessEndAsync(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            await process.WaitForExitAsync(_cancellation);
        }
        catch (ArgumentException)
        {
            // It has ended already.
        }
    }
}
