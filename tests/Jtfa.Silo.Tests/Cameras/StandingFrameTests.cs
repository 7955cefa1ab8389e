using Jtfa.Silo.Cameras;
using Jtfa.Silo.Cameras.Sources;

namespace Jtfa.Silo.Tests.Cameras;

public class StandingFrameTests
{
    private readonly ManualClock _time = new(Fixtures.Start);

    [Theory]
    [InlineData(33, 66)]
    [InlineData(200, 400)]
    [InlineData(900, 1000)]
    [InlineData(5000, 1000)]
    public void A_frame_stands_for_two_intervals_and_a_second_at_most(double interval, double stands)
    {
        var standing = new StandingFrame(_time);
        for (var frame = 0; frame < 20; frame++)
        {
            if (frame > 0) _time.Advance(TimeSpan.FromMilliseconds(interval));
            standing.Take(CaptureTime.Now(_time));
        }

        _time.Advance(TimeSpan.FromMilliseconds(stands));
        Assert.True(standing.Stands);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(standing.Stands);
    }

    [Fact]
    public void Nothing_stands_before_an_interval_is_known_or_after_the_frame_was_dropped()
    {
        var standing = new StandingFrame(_time);
        Assert.False(standing.Stands);
        standing.Take(CaptureTime.Now(_time));
        Assert.False(standing.Stands);
        _time.Advance(TimeSpan.FromMilliseconds(50));
        standing.Take(CaptureTime.Now(_time));
        Assert.True(standing.Stands);
        standing.Drop();
        Assert.False(standing.Stands);
    }

    [Fact]
    public void Frames_that_come_in_pairs_stand_as_long_as_those_that_come_evenly()
    {
        var standing = new StandingFrame(_time);
        for (var pair = 0; pair < 20; pair++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(198));
            standing.Take(CaptureTime.Now(_time));
            _time.Advance(TimeSpan.FromMilliseconds(2));
            standing.Take(CaptureTime.Now(_time));
        }

        _time.Advance(TimeSpan.FromMilliseconds(150));
        Assert.True(standing.Stands);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.False(standing.Stands);
    }
}
