using Jtfa.Silo.Cameras.Sources;

namespace Jtfa.Silo.Tests.Cameras;

public sealed class IdxFrameSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _time = new(Fixtures.Start);
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Images_and_labels_come_out_as_they_went_in(bool gzip)
    {
        byte[] Pack(byte[] file) => gzip ? Fixtures.Gzip(file) : file;
        var images = _folder.Write("images", Pack(Fixtures.Idx([5, 2, 3], Fixtures.Counting(30))));
        var labels = _folder.Write("labels", Pack(Fixtures.Idx([5], [9, 8, 7, 6, 5])));
        await using var source = await IdxFrameSource.OpenAsync(images, labels, _time, _cancellation);

        var seen = new HashSet<int>();
        for (var tick = 0L; tick < 100; tick++)
        {
            var sample = await NextAsync(source, tick);
            Assert.Equal(new FrameShape(3, 2, 1), sample.Frame!.Shape);
            var index = sample.Frame.Pixels[0] / 6;
            Assert.Equal(Fixtures.Counting(30)[(index * 6)..((index + 1) * 6)], sample.Frame.Pixels);
            Assert.Equal(9 - index, sample.Label);
            Assert.Equal(Fixtures.Start, sample.TakenAt.Utc);
            seen.Add(index);
        }
        Assert.Equal(5, seen.Count);
    }

    [Fact]
    public async Task All_cameras_see_the_same_image_at_a_tick_and_the_order_is_shuffled()
    {
        var images = _folder.Write("images", Fixtures.Idx([250, 1, 1], Fixtures.Counting(250)));
        await using var door = await IdxFrameSource.OpenAsync(images, "", _time, _cancellation);
        await using var window = await IdxFrameSource.OpenAsync(images, "", _time, _cancellation);
        var order = new List<byte>();
        for (var tick = 17_000_000_000L; tick < 17_000_000_100; tick++)
        {
            var sample = await NextAsync(door, tick);
            Assert.Equal(-1, sample.Label);
            order.Add(sample.Frame!.Pixels[0]);
            Assert.Equal(order[^1], (await NextAsync(window, tick)).Frame!.Pixels[0]);
        }
        Assert.InRange(order.Zip(order.Skip(1)).Count(pair => pair.Second == pair.First + 1), 0, 5);
        Assert.InRange(order.Distinct().Count(), 60, 100);
    }

    [Fact]
    public void The_order_is_fixed_for_ever() =>
        // SplitMix64's first outputs from the states 0 and 1 (the reference implementation's), modulo 10,000.
        Assert.Equal([(int)(0xE220A8397B1DCDAF % 10_000), (int)(0x910A2DEC89025CC1 % 10_000)],
            [SampleOrder.IndexOf(0, 10_000), SampleOrder.IndexOf(1, 10_000)]);

    public static TheoryData<string, byte[], string> CorruptFiles => new()
    {
        { "wrong magic", [1, 2, 3, 4, 5, 6, 7, 8], "00 00 08" },
        { "empty", [], "00 00 08" },
        { "type of floats", [0, 0, 0x0d, 3, 0, 0, 0, 1], "00 00 08" },
        { "labels for images", Fixtures.Idx([4], [1, 2, 3, 4]), "1 dimensions, 3 are needed" },
        { "truncated header", Fixtures.Idx([2, 2, 2], [])[..10], "ends inside its header" },
        { "truncated data", Fixtures.Idx([2, 2, 2], new byte[7]), "ends after 7 of 8 values" },
        { "trailing data", Fixtures.Idx([2, 2, 2], new byte[9]), "goes on after" },
        { "no images", Fixtures.Idx([0, 28, 28], []), "no values" },
        { "everything", Fixtures.Idx([-1, -1, -1], new byte[8]), "over 1073741824 values" },
        { "gzip cut off", Fixtures.Gzip(Fixtures.Idx([9, 9, 9], Fixtures.Counting(729)))[..40], "corrupt" },
        { "gzip of rubbish", [0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], "corrupt" },
    };

    [Theory]
    [MemberData(nameof(CorruptFiles), DisableDiscoveryEnumeration = true)]
    public async Task Corrupt_files_are_told_by_name_and_reason(string name, byte[] content, string reason)
    {
        var path = _folder.Write(name, content);
        await Fixtures.FaultAsync(() => IdxFrameSource.OpenAsync(path, "", _time, _cancellation), path, reason, "Source.Path");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_huge_claim_takes_no_memory(bool gzip)
    {
        var file = Fixtures.Idx([1024, 1024, 1024], new byte[100]);
        var path = _folder.Write("huge", gzip ? Fixtures.Gzip(file) : file);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await Fixtures.FaultAsync(() => IdxFrameSource.OpenAsync(path, "", _time, _cancellation), "of 1073741824 values");
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 256L << 20); // other tests allocate meanwhile
    }

    [Fact]
    public async Task Missing_files_and_labels_of_another_set_are_told()
    {
        var images = _folder.Write("images", Fixtures.Idx([2, 1, 1], [1, 2]));
        var labels = _folder.Write("labels", Fixtures.Idx([3], [1, 2, 3]));
        await Fixtures.FaultAsync(
            () => IdxFrameSource.OpenAsync(_folder["none"], "", _time, _cancellation), "none", "does not exist", "Source.Path");
        await Fixtures.FaultAsync(() => IdxFrameSource.OpenAsync(images, _folder["none"], _time, _cancellation), "none", "Source.Labels");
        await Fixtures.FaultAsync(() => IdxFrameSource.OpenAsync(images, labels, _time, _cancellation), "3 labels", "2 images");
        await Fixtures.FaultAsync(() => IdxFrameSource.OpenAsync(_folder.Root, "", _time, _cancellation), _folder.Root, "Source.Path");
    }

    private async Task<Sample> NextAsync(IdxFrameSource source, long tick) =>
        Assert.NotNull(await source.NextAsync(tick, _cancellation));
}
