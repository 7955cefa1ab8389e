namespace Jtfa.Core.Tests.Adaptation;

public sealed class TokenPaceTests
{
    [Fact]
    public void A_token_that_does_not_move_is_sent_as_often_as_it_becomes_too_old()
    {
        var pace = new TokenPace(20, 0.1, 0.5);
        Assert.Equal([0.0, 0.5, 1.0, 1.5, 2.0], Sent(pace, 2.04, _ => [3, 4]));
    }

    [Fact]
    public void One_that_moves_by_more_than_its_share_is_sent_at_once_and_counts_from_then_on()
    {
        // Of a length of 5 a tenth is half.
        var pace = new TokenPace(20, 0.1, 10);
        Assert.Equal(
            [0.0, 0.7, 2.0],
            Sent(pace, 2.5, time => [3, time switch { < 0.3 => 4, < 0.69 => 4.4f, < 1.39 => 4.6f, < 1.99 => 5, _ => 4 }]));
    }

    [Fact]
    public void One_that_creeps_is_sent_when_it_has_gone_far_enough_in_all() =>
        Assert.Equal([0.0, 1.0, 2.1], Sent(new TokenPace(10, 0.1, 100), 2.5, time => [1 + (0.105f * (float)time), 0]));

    private static List<double> Sent(TokenPace pace, double seconds, Func<double, float[]> token)
    {
        var sent = new List<double>();
        for (var tick = 0; tick * 0.05 <= seconds; tick++)
        {
            var now = tick * 0.05;
            if (!pace.IsDue(token(now), now)) continue;
            pace.NoteSent(token(now), now);
            sent.Add(Math.Round(now, 3));
        }

        return sent;
    }
}
