using FsCheck.Fluent;

namespace Jtfa.Core.Tests;

public sealed class ReplayWindowTests
{
    private static readonly long[] s_starts = [0, 1, -70, long.MaxValue - 200, long.MinValue + 200, 1_000_000];

    // Against a set of all that was taken.
    [Fact]
    public void It_tells_what_a_set_would_tell_within_its_size() => Property.Holds(Gen.Choose(0, int.MaxValue), seed =>
    {
        var random = new Random(seed);
        var window = new ReplayWindow();
        var taken = new HashSet<long>();
        var (epoch, start) = (5u, s_starts[random.Next(s_starts.Length)]);
        long? highest = null;
        for (var i = 0; i < 300; i++)
        {
            if (random.Next(60) == 0)
            {
                epoch += (uint)random.Next(1, 3);
                (highest, start) = (null, s_starts[random.Next(s_starts.Length)]);
                taken.Clear();
            }

            var sequence = start + random.Next(200);
            var expected = highest is null || sequence > highest ? RejectReason.None
                : highest - sequence >= ReplayWindow.Size ? RejectReason.Replayed
                : taken.Contains(sequence) ? RejectReason.Duplicate : RejectReason.None;
            Assert.Equal(expected, window.Take(epoch, sequence));
            Assert.Equal(RejectReason.Replayed, window.Take(epoch - 1, sequence + 1));
            taken.Add(sequence);
            highest = Math.Max(highest ?? sequence, sequence);
        }
    }, runs: 300);

    [Fact]
    public void The_ends_of_the_numbers_are_as_far_apart_as_they_look()
    {
        var window = new ReplayWindow();
        Assert.Equal(RejectReason.None, window.Take(0, long.MinValue));
        Assert.Equal(RejectReason.None, window.Take(0, long.MaxValue));
        Assert.Equal(RejectReason.Replayed, window.Take(0, long.MinValue));
        Assert.Equal(RejectReason.None, window.Take(uint.MaxValue, 3));
        Assert.Equal(RejectReason.Duplicate, window.Take(uint.MaxValue, 3));
    }
}
