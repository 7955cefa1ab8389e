using Jtfa.Core;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Silo.Cameras;
using Jtfa.Silo.Cameras.Sources;
using Jtfa.Silo.Cameras.Vision;
using Jtfa.Silo.Trust;
using Jtfa.Testing.Cameras;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo.Tests.Cameras;

public sealed class CameraPipelineTests : IDisposable
{
    private static readonly FrameSourceConfig s_random = new() { Kind = FrameSourceKind.Random, Seed = 3 };
    private readonly TemporaryFolder _folder = new();
    private readonly Gateway _gateway = new();
    private readonly ManualClock _time = new(Fixtures.Start.AddMilliseconds(12.3));
    private readonly LogCollector _log = new();
    private readonly VisionModels _models = new();
    private readonly ViewKeysOptions _keys = new();
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _gateway.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(TokenEncoding.Plain)]
    [InlineData(TokenEncoding.PsMix)]
    [InlineData(TokenEncoding.HMix)]
    public async Task Each_tick_becomes_one_packet(TokenEncoding encoding)
    {
        var config = Config(s_random) with { Encoding = encoding, View = 2, Dimension = 32 };
        await using var camera = Start(config);
        var tokens = await ReceiveAsync(5);

        var first = (long)Math.Round(tokens[0].Timestamp * 10);
        var source = new RandomTokenSource(32, 3, 2, _time);
        foreach (var (token, i) in tokens.Select((token, i) => (token, i)))
        {
            Assert.Equal((2, encoding, -1, "shop"), (token.View, token.Encoding, token.Label, token.Scene));
            Assert.Equal((first + i, (long)i), (token.DecisionId, token.Sequence));
            Assert.InRange(token.Timestamp - ((first + i) / 10.0), -1e-6, 0.0011);
            Assert.Null(token.Tick); // captured at it
            var expected = Assert.NotNull(await source.NextAsync(first + i, _cancellation)).Token.ToArray();
            Assert.All(token.Token.Zip(expected), pair => Assert.InRange(pair.First - pair.Second, -4 * token.Scale, 4 * token.Scale));
        }
        Assert.Equal(5, tokens.Select(token => token.Seed).Distinct().Count());
        await AssertSentAsync(camera, tokens);
    }

    [Theory]
    [InlineData(TokenEncoding.Plain, TokenQuantiser.Int4, 0)]
    [InlineData(TokenEncoding.HMix, TokenQuantiser.Int8, 7)]
    [InlineData(TokenEncoding.PsMix, TokenQuantiser.Q3H, 0)]
    public async Task Each_tick_becomes_one_packet_of_version_2(TokenEncoding encoding, TokenQuantiser quantiser, int sceneIndex)
    {
        var config = Config(s_random) with
        {
            WireVersion = 2,
            Encoding = encoding,
            Quantiser = quantiser,
            View = 2,
            Dimension = 16,
            SceneIndex = sceneIndex,
            SendsDecisionId = sceneIndex == 0,
        };
        await using var camera = Start(config);
        var tokens = await ReceiveAsync(5);

        var first = (long)Math.Round(tokens[0].Timestamp * 10);
        var source = new RandomTokenSource(16, 3, 2, _time);
        foreach (var (token, i) in tokens.Select((token, i) => (token, i)))
        {
            Assert.Equal((2, 2, encoding, quantiser), (token.Version, token.View, token.Encoding, token.Quantiser));
            Assert.Equal((sceneIndex, sceneIndex == 0 ? "shop" : ""), (token.SceneIndex, token.Scene));
            Assert.Equal(sceneIndex == 0 ? first + i : (long?)null, token.DecisionId);
            Assert.Equal((first & int.MaxValue) + i, token.Sequence);
            Assert.InRange(token.Timestamp - ((first + i) / 10.0), -1e-6, 0.0011);
            var expected = Assert.NotNull(await source.NextAsync(first + i, _cancellation)).Token.ToArray();
            Assert.All(token.Token.Zip(expected), pair => Assert.InRange(pair.First - pair.Second, -4 * token.Scale, 4 * token.Scale));
            if (sceneIndex > 0) Assert.InRange(token.Bytes, 1, 40);
        }

        Assert.Equal(5, tokens.Select(token => token.Seed).Distinct().Count());
        await AssertSentAsync(camera, tokens);
    }

    [Fact]
    public async Task A_frame_goes_through_view_backbone_and_projection()
    {
        Fixtures.WriteLinearModel(_folder, ([1, 2, 3], [1, 0, 0, 0, 1, 0]));
        var images = new byte[10 * 16];
        new Random(1).NextBytes(images);
        var transform = new ViewTransform { Rotation = 20, Exposure = 0.8, Noise = 0.1, Seed = 5 };
        var config = Config(new FrameSourceConfig
        {
            Path = _folder.Write("images", Fixtures.Idx([10, 4, 4], images)),
            Labels = _folder.Write("labels", Fixtures.Idx([10], Fixtures.Counting(10))),
            Transform = transform,
        }) with
        { Encoding = TokenEncoding.Plain, Model = _folder.Root };
        await using var camera = Start(config);

        var transformer = new ViewTransformer(transform, config.View);
        foreach (var token in await ReceiveAsync(4))
        {
            var tick = Assert.NotNull(token.DecisionId);
            var index = SampleOrder.IndexOf(tick, 10);
            Assert.Equal(index, token.Label);
            var seen = transformer.Apply(new Frame(new FrameShape(4, 4, 1), images[(index * 16)..((index + 1) * 16)]), tick);
            float[] expected = [(float)seen.Pixels.Average(p => (double)p) - 1, seen.Pixels[0] - 2];
            Assert.All(token.Token.Zip(expected), pair => Assert.InRange(pair.First - pair.Second, -token.Scale, token.Scale));
        }
        Assert.Equal(1, _models.Count);
        await camera.DisposeAsync();
        Assert.Equal(0, _models.Count);
    }

    [Fact]
    public async Task Cameras_of_a_scene_see_the_same_sample_at_the_same_moment()
    {
        float[] values = [.. Enumerable.Range(0, 100).Select(i => (float)i)];
        var replay = new FrameSourceConfig { Kind = FrameSourceKind.Replay, Path = Fixtures.Npy(_folder, "tokens.npy", values, 100, 1) };
        replay = replay with { Labels = _folder.Write("labels.txt", string.Join('\n', Enumerable.Range(0, 100))) };
        await using var door = Start(Config(replay) with { Camera = "door", View = 0 });
        await using var window = Start(Config(replay) with { Camera = "window", View = 1 });
        var moments = (await ReceiveAsync(20, cameras: 2)).Chunk(2).ToList();
        Assert.All(moments, moment => Assert.Equal([0, 1], moment.Select(token => token.View).Order()));
        Assert.All(moments, moment => Assert.Equal(moment[0].Timestamp, moment[1].Timestamp));
        Assert.All(moments, moment => Assert.Equal(moment[0].Label, moment[1].Label));
        Assert.True(moments.Select(moment => moment[0].Label).Distinct().Count() > 3);
    }

    [Fact]
    public async Task A_finite_input_ends_the_camera_normally()
    {
        Fixtures.SkipWithoutFfmpeg();
        Fixtures.WriteLinearModel(_folder);
        await Fixtures.FfmpegAsync($"-f lavfi -i testsrc=size=64x64:rate=25:duration=0.4 {_folder["clip.mkv"]}", _cancellation);
        var input = new FrameSourceConfig { Kind = FrameSourceKind.Ffmpeg, Path = _folder["clip.mkv"] };
        await using var camera = Start(Config(input) with { Model = _folder.Root, RateHz = 50 }, TimeProvider.System);
        await camera.Completion.WaitAsync(_cancellation);
        var status = camera.Status;
        Assert.False(status.Running);
        Assert.Null(status.Fault);
        Assert.InRange(status.Sent, 1, 25);
        var last = 0L;
        for (var i = 0; i < status.Sent; i++)
        {
            // Of 25 frames a second asked for at 50 Hz each stands for about two ticks, and says for which.
            var token = await _gateway.ReceiveAsync(_cancellation);
            var tick = Assert.NotNull(token.DecisionId);
            Assert.True(tick > last, "Two tokens are of one tick.");
            Assert.Equal(tick, (long)Math.Round((token.Tick ?? token.Timestamp) * 50));
            Assert.InRange((tick / 50.0) - token.Timestamp, -0.02, 0.2);
            Assert.Equal(Math.Abs((tick / 50.0) - token.Timestamp) > 0.02 / 16, token.Tick is not null);
            last = tick;
        }
        Assert.Equal(0, _models.Count);
    }

    [Fact]
    public async Task Ticks_missed_and_time_taken_are_counted()
    {
        await using var camera = Start(Config(s_random));
        await ReceiveAsync(1);
        await _time.AdvanceToNextTimerAsync(TimeSpan.FromMilliseconds(270), _cancellation);
        var token = (await ReceiveAsync(1))[0];
        Assert.Equal(1, token.Sequence);
        Assert.Equal(3, camera.Status.Missed);
        Assert.Equal(0, camera.Status.MeanPrepareMs); // the clock stood still meanwhile
    }

    [Fact]
    public async Task A_gateway_that_is_away_does_not_end_the_camera()
    {
        var config = Config(s_random);
        var port = _gateway.Port;
        _gateway.Dispose();
        await using var camera = Start(config);
        while (camera.SendFailures < 3) await _time.AdvanceToNextTimerAsync(TimeSpan.Zero, _cancellation);
        Assert.True(camera.Status.Running);
        Assert.Single(_log.Entries, entry => entry.Level >= LogLevel.Warning);

        using var back = new Gateway(port);
        await _time.AdvanceToNextTimerAsync(TimeSpan.Zero, _cancellation);
        await _time.AdvanceToNextTimerAsync(TimeSpan.Zero, _cancellation);
        Assert.Equal("shop", (await back.ReceiveAsync(_cancellation)).Scene);
    }

    public static TheoryData<CameraConfig, string[]> Faulty => new()
    {
        { Config(s_random, "127.0.0.1:1") with { RateHz = 0, View = -1 }, ["'door'", "RateHz=0", "View=-1"] },
        { Config(s_random, "127.0.0.1:1") with { RateHz = 1e-7 }, ["RateHz=1E-07: allowed is 1E-05 … 1000"] },
        { Config(s_random, "127.0.0.1:1") with { Scene = new string('s', 129) }, ["Scene=", "128 bytes"] },
        { Config(new FrameSourceConfig { Path = "x" }, "127.0.0.1:1") with { Model = "no-such-folder" }, ["no-such-folder", "model.json"] },
        { Config(new FrameSourceConfig { Path = "x" }, "127.0.0.1:1"), ["models", "model.json"] },
        { Config(s_random with { Kind = FrameSourceKind.Replay, Path = "none.npy" }, "127.0.0.1:1"), ["none.npy", "does not exist"] },
    };

    [Theory]
    [MemberData(nameof(Faulty), DisableDiscoveryEnumeration = true)]
    public async Task A_fault_ends_the_camera_with_one_line_and_not_the_call(CameraConfig config, string[] says)
    {
        await using var camera = Start(config);
        var message = await Fixtures.FaultAsync(() => camera.Completion, says);
        Assert.Equal(message, camera.Status.Fault);
        Assert.False(camera.Status.Running);
        Assert.Single(_log.Entries, entry => entry.Level == LogLevel.Error && entry.Message.EndsWith(message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_silos_camera_tries_again_whatever_is_wrong_and_says_so_once()
    {
        var path = _folder["tokens.npy"];
        var replay = new FrameSourceConfig { Kind = FrameSourceKind.Replay, Path = path };
        await using var camera = Start(Config(replay), triesEveryFaultAgain: true);
        foreach (var wait in (int[])[1, 2, 4, 8, 16, 30, 30])
        {
            var began = _time.GetUtcNow();
            await _time.AdvanceToNextTimerAsync(TimeSpan.Zero, _cancellation);
            Assert.Equal(wait, (_time.GetUtcNow() - began).TotalSeconds);
            Assert.True(camera.Status is { Running: true, Fault: { } fault } && fault.Contains(path, StringComparison.Ordinal));
        }

        await Condition.HoldsAsync(() => _time.Armed, armed => armed == 1, "the next try is waited for");
        Fixtures.Npy(_folder, "tokens.npy", [1, 2, 3, 4], 4, 1);
        await _time.AdvanceToNextTimerAsync(TimeSpan.Zero, _cancellation); // of the last wait
        await ReceiveAsync(40);
        Assert.Null(camera.Status.Fault);
        var (lost, back) = (Warning("stopped: "), Warning("works again"));
        Assert.Contains(path, lost, StringComparison.Ordinal);
        Assert.Contains("tried 8 times", back, StringComparison.Ordinal);
        Assert.Equal(3, _log.Entries.Count); // these, and what it captures
    }

    [Fact]
    public async Task A_live_source_that_ends_is_opened_again_and_the_camera_keeps_its_numbers()
    {
        Fixtures.WriteLinearModel(_folder);
        await using var network = new MjpegCamera(await JpegPictures.MakeAsync("testsrc=size=64x48", 5), rateHz: 50);
        var input = new FrameSourceConfig { Kind = FrameSourceKind.Ffmpeg, Path = network.Address };
        await using var camera = Start(Config(input) with { Model = _folder.Root, RateHz = 20 }, TimeProvider.System);
        var first = await _gateway.ReceiveAsync(_cancellation);
        await network.SwitchOffAsync(reset: true);
        await Condition.HoldsAsync(() => camera.Status.Fault, fault => fault is not null, "the fault is shown");
        Assert.True(camera.Status.Running);
        Assert.Equal(1, _models.Count); // loading it again would take longer than the camera was away

        _gateway.TakeAll();
        network.SwitchOn();
        var next = await _gateway.ReceiveAsync(_cancellation);
        Assert.True(next.Sequence > first.Sequence && next.DecisionId > first.DecisionId);
        await Condition.HoldsAsync(() => camera.Status.Fault, fault => fault is null, "the fault has gone");
        Warning("stopped: ");
    }

    [Theory]
    [InlineData(2e36f)] // beyond what a float holds
    [InlineData(1e19f)] // beyond what can be encoded
    public async Task A_frame_that_the_model_fails_on_is_left_out_and_told_once_a_minute(float factor)
    {
        await using var camera = Start(ConfigOfDarkAndLight(dark: 7, light: 1, factor));
        var light = 0;
        for (var tick = 0; tick < 650; tick++)
        {
            await _time.AdvanceToNextTimerAsync(TimeSpan.Zero, _cancellation);
            var number = (long)Math.Round((_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds * 10);
            if (SampleOrder.IndexOf(number, 8) == 7) light++;
            else Assert.Equal(tick - light, (await _gateway.ReceiveAsync(_cancellation)).Sequence);
        }

        Assert.True(camera.Status.Running);
        Assert.Null(camera.Status.Fault);
        Assert.Equal(light, (await Condition.HoldsAsync(() => camera.Status, status => status.LeftOut == light, "are counted")).LeftOut);
        var told = _log.Entries.Where(entry => entry.Level == LogLevel.Warning).ToList(); // 65 s: at the first one, and a minute later
        Assert.Equal(2, told.Count);
        Assert.Contains("left out 1 more of its frames, 1 in all (the model gave numbers that are not finite", told[0].Message);
    }

    [Fact]
    public async Task A_model_that_fails_on_all_frames_for_a_while_is_a_fault()
    {
        await using var camera = Start(ConfigOfDarkAndLight(dark: 0, light: 8, factor: 2e36f));
        while (!camera.Completion.IsCompleted && _time.GetUtcNow() < Fixtures.Start.AddSeconds(30))
        {
            var next = _time.AdvanceToNextTimerAsync(TimeSpan.Zero, _cancellation);
            await Task.WhenAny(next, camera.Completion);
        }

        await Fixtures.FaultAsync(() => camera.Completion, "'linear'", "not finite", "input.scale");
        Assert.InRange((_time.GetUtcNow() - Fixtures.Start).TotalSeconds, 10, 10.3);
        Assert.Equal(0, camera.Status.Sent);
    }

    [Fact]
    public async Task Capture_runs_off_the_callers_scheduler()
    {
        var turns = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;
        var turn = new TaskCompletionSource();
        CameraPipeline? camera = null;
        // A turn that starts a camera and then never ends: a camera that needed further turns would never send.
        var started = Task.Factory.StartNew(() => camera = Start(Config(s_random)), _cancellation, TaskCreationOptions.None, turns);
        var blocked = Task.Factory.StartNew(
            () => turn.Task.GetAwaiter().GetResult(), _cancellation, TaskCreationOptions.LongRunning, turns);
        await started;
        Assert.Equal(0, (await ReceiveAsync(1))[0].Sequence);
        turn.SetResult();
        await blocked;
        await camera!.DisposeAsync();
    }

    [Fact]
    public async Task A_host_starts_cameras_through_its_services()
    {
        await using var services = new ServiceCollection().AddLogging().AddJtfaCameras().BuildServiceProvider();
        await using var camera = services.GetRequiredService<ICameraPipelines>().Start(Config(s_random) with { RateHz = 20 });
        var before = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).TotalSeconds;
        for (var i = 0L; i < 3; i++)
        {
            var token = await _gateway.ReceiveAsync(_cancellation);
            Assert.Equal(i, token.Sequence);
            Assert.Equal(token.DecisionId, (long)Math.Round(token.Timestamp * 20));
            Assert.InRange(token.Timestamp - before, -1, 60);
        }
    }

    [Fact]
    public async Task A_camera_with_a_key_signs_and_each_run_has_a_later_epoch()
    {
        var line = ViewKeys.NewLine("shop", 0);
        _keys.Views.AddRange([ViewKeys.NewLine("shop", 0), line, ViewKeys.NewLine("shop", 1)]);
        _keys.EpochFolder = _folder["."];
        using var newest = new TokenKey(new ViewKeys(new ViewKeysOptions { Views = [line] }).Of("shop", 0)[0]);
        var last = 0u;
        for (var run = 0; run < 3; run++)
        {
            await using var camera = Start(Config(s_random));
            foreach (var token in await ReceiveAsync(3))
            {
                Assert.True(newest.IsSigned(token.Datagram));
                Assert.Equal(token.Sequence > 0, token.Epoch == last);
                Assert.True(token.Epoch >= last);
                last = token.Epoch!.Value;
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_camera_that_is_asked_to_sends_each_token_once_more_after_a_while(bool hasKey)
    {
        if (hasKey)
        {
            _keys.Views.Add(ViewKeys.NewLine("shop", 0));
            _keys.EpochFolder = _folder["."];
        }

        var redundancy = new TokenRedundancy { Kind = RedundancyKind.Duplicate, Delay = 130 };
        var config = Config(s_random) with { RateHz = 10, Redundancy = redundancy };
        await using var camera = Start(config);

        // Each copy falls between the next two ticks: in turns, a tick and a copy.
        var sent = new List<(ReceivedToken Token, TimeSpan At)>();
        await _time.AdvanceToNextTimerAsync(TimeSpan.Zero, _cancellation);
        sent.Add((await _gateway.ReceiveAsync(_cancellation), _time.GetUtcNow() - Fixtures.Start));
        while (sent.Count < 10)
        {
            await _time.AdvanceToNextTimerAsync(TimeSpan.Zero, _cancellation, armed: 2);
            sent.Add((await _gateway.ReceiveAsync(_cancellation), _time.GetUtcNow() - Fixtures.Start));
        }

        var (tokens, copies) = (sent.Where(one => !one.Token.IsCopy).ToList(), sent.Where(one => one.Token.IsCopy).ToList());
        Assert.InRange(copies.Count, 4, 5);
        using var key = hasKey ? new TokenKey(new ViewKeys(_keys).Of("shop", 0)[0]) : null;
        foreach (var (copy, at) in copies)
        {
            var (token, first) = tokens.Single(one => one.Token.Sequence == copy.Sequence);
            Assert.InRange((at - first).TotalMilliseconds, 129, 132);
            Assert.Equal(token with { Datagram = copy.Datagram, Token = copy.Token, IsCopy = true }, copy);
            Assert.Equal(token.Token, copy.Token);
            Assert.Equal(token.Datagram.Length + 6, copy.Datagram.Length);
            Assert.True(key?.IsSigned(copy.Datagram) ?? copy.Epoch is null);
        }

        await Condition.HoldsAsync(() => camera.Status.Copies, count => count == copies.Count, "copies counted");
        Assert.Equal(tokens.Count, camera.Status.Sent);
        Assert.Equal(sent.Sum(one => one.Token.Bytes), camera.Status.Bytes);
    }

    [Fact]
    public async Task A_camera_that_is_asked_to_carries_the_last_tokens_along()
    {
        _keys.Views.Add(ViewKeys.NewLine("shop", 0));
        _keys.EpochFolder = _folder["."];
        await using var camera = Start(Config(s_random) with { Redundancy = new() { Kind = RedundancyKind.Red, Tokens = 3 } });
        var tokens = await ReceiveAsync(6);

        using var key = new TokenKey(new ViewKeys(_keys).Of("shop", 0)[0]);
        for (var i = 0; i < tokens.Count; i++)
        {
            Assert.True(key.IsSigned(tokens[i].Datagram));
            Assert.Equal(RejectReason.None, PacketCodec.TryParse(tokens[i].Datagram, out var packet));
            var earlier = new EarlierTokens(packet);
            for (var back = 1; back <= Math.Min(3, i); back++)
            {
                Assert.True(earlier.TryNext(out var found));
                var token = tokens[i - back];
                Assert.Equal(
                    (token.Timestamp, token.Sequence, token.DecisionId, token.Seed, token.Scale),
                    (found.Timestamp, found.Sequence, found.DecisionId, found.Seed, found.Scale));
                var values = new float[found.Values.Length];
                TokenCodec.Decode(found.Values, found.Encoding, found.Seed, found.Scale, values);
                Assert.Equal(token.Token, values);
            }

            Assert.False(earlier.TryNext(out _));
        }

        await AssertSentAsync(camera, tokens);
    }

    [Theory]
    [InlineData("Redundancy.Delay=0", 0, 2)]
    [InlineData("Redundancy.Delay=1001", 1001, 2)]
    [InlineData("Redundancy.Tokens=9", 50, 9)]
    public async Task Redundancy_out_of_range_is_a_fault_that_names_it(string words, double delay, int number)
    {
        await using var camera = Start(Config(s_random) with { Redundancy = new() { Delay = delay, Tokens = number } });
        Assert.Contains(words, (await Assert.ThrowsAsync<CameraFaultException>(() => camera.Completion)).Message);
    }

    [Fact]
    public async Task A_camera_that_sends_what_has_moved_sends_a_token_that_stands_twice_a_second_and_says_for_how_long()
    {
        var values = Enumerable.Repeat(new[] { 1f, 2f, 3f }, 100).SelectMany(row => row).ToArray();
        var replay = new FrameSourceConfig { Kind = FrameSourceKind.Replay, Path = Fixtures.Npy(_folder, "tokens.npy", values, 100, 3) };
        var pacing = new TokenPacing { Kind = PacingKind.Moved, Delta = 0.2, MaxAge = 500 };
        await using var camera = Start(Config(replay) with { RateHz = 20, Pacing = pacing });
        for (var tick = 0; tick < 41; tick++) await _time.AdvanceToNextTimerAsync(TimeSpan.Zero, _cancellation);

        var tokens = new List<ReceivedToken>();
        for (var i = 0; i < 5; i++) tokens.Add(await _gateway.ReceiveAsync(_cancellation));
        Assert.All(tokens, token => Assert.Equal(0.5f, token.Hold));
        Assert.Equal([0L, 1, 2, 3, 4], tokens.Select(token => token.Sequence!.Value));
        Assert.All(tokens.Zip(tokens.Skip(1)), pair => Assert.Equal(10, pair.Second.DecisionId - pair.First.DecisionId));
        await camera.DisposeAsync();
        Assert.InRange(camera.Status.Unsent, 35, 37);
        Assert.Equal(5, camera.Status.Sent);
    }

    [Fact]
    public async Task A_camera_that_sends_what_has_moved_sends_all_where_all_has()
    {
        var pacing = new TokenPacing { Kind = PacingKind.Moved, Delta = 0.2 };
        await using var camera = Start(Config(s_random) with { Pacing = pacing });
        await AssertSentAsync(camera, await ReceiveAsync(10));
        Assert.Equal(0, camera.Status.Unsent);
    }

    [Theory]
    [InlineData("Pacing.Delta=2.5", 2.5, 500)]
    [InlineData("Pacing.MaxAge=9", 0.1, 9)]
    public async Task Pacing_out_of_range_is_a_fault_that_names_it(string words, double delta, double maxAge)
    {
        await using var camera = Start(Config(s_random) with { Pacing = new() { Delta = delta, MaxAge = maxAge } });
        Assert.Contains(words, (await Assert.ThrowsAsync<CameraFaultException>(() => camera.Completion)).Message);
    }

    [Fact]
    public async Task A_camera_whose_epoch_cannot_be_kept_says_where_and_does_not_start()
    {
        _keys.Views.Add(ViewKeys.NewLine("shop", 0));
        _keys.EpochFolder = _folder["nowhere"];
        await using var camera = Start(Config(s_random));
        var fault = await Assert.ThrowsAsync<CameraFaultException>(() => camera.Completion);
        Assert.Contains("jtfa-shop-0.epoch", fault.Message);
        Assert.Contains("Jtfa:Keys:EpochFolder", fault.Message);
    }

    private CameraConfig Config(FrameSourceConfig source) => Config(source, _gateway.Address);

    private static CameraConfig Config(FrameSourceConfig source, string destination) =>
        new() { Scene = "shop", Camera = "door", Source = source, Destination = destination };

    /// <summary>A camera that sees dark and light images, with a model whose numbers are too large where it is light.</summary>
    private CameraConfig ConfigOfDarkAndLight(int dark, int light, float factor)
    {
        Fixtures.WriteLinearModel(_folder, ([10, 10, 0], [factor, 0, 0]));
        var images = Enumerable.Repeat((byte)10, dark * 16).Concat(Enumerable.Repeat((byte)250, light * 16)).ToArray();
        var source = new FrameSourceConfig { Path = _folder.Write("images", Fixtures.Idx([dark + light, 4, 4], images)) };
        return Config(source) with { Encoding = TokenEncoding.Plain, Model = _folder.Root };
    }

    /// <summary>The only warning that has these words.</summary>
    private string Warning(string words) =>
        Assert.Single(_log.Entries, entry => entry.Level == LogLevel.Warning && entry.Message.Contains(words)).Message;

    private CameraPipeline Start(CameraConfig config, TimeProvider? time = null, bool triesEveryFaultAgain = false)
    {
        var identities = new CameraIdentities(new ViewKeys(_keys), Options.Create(_keys), time ?? _time);
        var options = new CameraOptions { ModelFolder = _folder["models"], TriesEveryFaultAgain = triesEveryFaultAgain };
        return new(config, _models, options, new ConfiguredGateways(), identities, time ?? _time, _log);
    }

    /// <summary>Moves the clock from tick to tick and receives each camera's packet, so many in all.</summary>
    private async Task<List<ReceivedToken>> ReceiveAsync(int count, int cameras = 1)
    {
        var tokens = new List<ReceivedToken>();
        while (tokens.Count < count)
        {
            await _time.AdvanceToNextTimerAsync(TimeSpan.Zero, _cancellation, cameras);
            for (var camera = 0; camera < cameras; camera++) tokens.Add(await _gateway.ReceiveAsync(_cancellation));
        }
        return tokens;
    }

    private static async Task AssertSentAsync(CameraPipeline camera, List<ReceivedToken> tokens)
    {
        await camera.DisposeAsync();
        await camera.Completion; // disposing is a normal end
        var status = camera.Status;
        Assert.Equal((false, null), (status.Running, status.Fault));
        Assert.Equal(tokens.Count, status.Sent);
        Assert.Equal(tokens.Sum(token => token.Bytes), status.Bytes);
        Assert.Equal(0, status.Missed);
    }
}
