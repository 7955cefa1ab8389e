using System.Diagnostics;
using Jtfa.Silo.Cameras;
using Jtfa.Silo.Cameras.Sources;

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
        await using var source = Start("testsrc=size=320x240:rate=50", "-re -f lavfi", new FrameShape(32, 24, 3));
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
        await using var source = Start("color=size=28x28:rate=250:duration=1,format=gray,geq=lum=N", "-f lavfi", s_grey);
        await ProcessEndAsync(source.ProcessId);
        var seen = new List<int>();
        for (var tick = 0L; await source.NextAsync(tick, _cancellation) is { } sample; tick++) seen.Add(sample.Frame!.Pixels[0]);
        Assert.InRange(seen[0], 150, 249);
        Assert.Equal(249, seen[^1]);
        Assert.Equal(seen.Order().Distinct(), seen);
    }

    [Fact]
    public async Task A_file_plays_at_its_own_speed_and_ends_the_source()
    {
        await Fixtures.FfmpegAsync($"-f lavfi -i testsrc=size=64x64:rate=10:duration=0.5 {_folder["clip.mkv"]}", _cancellation);
        var started = Stopwatch.GetTimestamp();
        await using var source = Start(_folder["clip.mkv"], "", s_grey);
        var frames = 0;
        for (var tick = 0L; await source.NextAsync(tick, _cancellation) is not null; tick++) frames++;
        Assert.InRange(frames, 1, 5);
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0.35, 60); // the first frame comes at once
    }

    [Fact]
    public async Task Disposing_leaves_no_process()
    {
        var source = Start("testsrc", "-re -f lavfi", s_grey);
        Assert.NotNull(await source.NextAsync(0, _cancellation));
        var id = source.ProcessId;
        await source.DisposeAsync();
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(id));
    }

    [Fact]
    public async Task Disposing_before_the_first_frame_leaves_no_process()
    {
        var source = Start("testsrc", "-re -f lavfi", s_grey);
        var id = source.ProcessId;
        await source.DisposeAsync();
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(id));
    }

    [Fact]
    public async Task A_dying_ffmpeg_is_told_with_its_exit_code()
    {
        await using var source = Start("testsrc=rate=25", "-re -f lavfi", s_grey);
        Assert.NotNull(await source.NextAsync(0, _cancellation));
        using (var process = Process.GetProcessById(source.ProcessId)) process.Kill();
        await Fixtures.FaultAsync(() => DrainAsync(source), "testsrc=rate=25", "exit code 137");
    }

    [Fact]
    public async Task An_input_that_does_not_exist_is_told_with_what_ffmpeg_said()
    {
        await using var source = Start(_folder["none.mp4"], "", s_grey);
        await Fixtures.FaultAsync(() => DrainAsync(source), "none.mp4", "exit code 1", "No such file or directory", "Source.Path");
    }

    [Fact]
    public async Task Options_keep_quoted_words_together()
    {
        await using var source = Start("testsrc", "-re -f 'lavfi' -metadata \"title=two  words\"", s_grey);
        await Fixtures.FaultAsync(() => DrainAsync(source), "exit code"); // an output option: ffmpeg says so
        await Fixtures.FaultAsync(() => Task.FromResult(Start("testsrc", "-f 'lavfi", s_grey)), "Source.InputOptions", "close the quote '");
        await using var good = Start("testsrc", "-re -f 'lav'\"fi\"  ", s_grey);
        Assert.NotNull(await good.NextAsync(0, _cancellation));
    }

    [Fact]
    public async Task An_absent_ffmpeg_is_told_with_how_to_install_it() =>
        await Fixtures.FaultAsync(
            () => Task.FromResult(Start("testsrc", "-f lavfi", s_grey, new CameraOptions { Ffmpeg = "no-such-ffmpeg" })),
            "no-such-ffmpeg", "apt-get install ffmpeg");

    [Fact]
    public async Task An_input_that_gives_no_frame_is_told()
    {
        var time = new ManualClock(Fixtures.Start);
        var options = new CameraOptions { StallTimeout = TimeSpan.FromSeconds(20) };
        await using var source = Start("testsrc=rate=0.001", "-re -f lavfi", s_grey, options, time);
        var next = source.NextAsync(0, _cancellation).AsTask();
        await time.AdvanceToNextTimerAsync(TimeSpan.Zero, _cancellation);
        await Fixtures.FaultAsync(() => next, "testsrc=rate=0.001", "no frame", "20 s");
    }

    private static FfmpegFrameSource Start(
        string input, string inputOptions, FrameShape shape, CameraOptions? options = null, TimeProvider? time = null) =>
        FfmpegFrameSource.Start(input, inputOptions, shape, options ?? new CameraOptions(), time ?? TimeProvider.System);

    private async Task DrainAsync(FfmpegFrameSource source)
    {
        for (var tick = 0L; await source.NextAsync(tick, _cancellation) is not null; tick++)
        {
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
