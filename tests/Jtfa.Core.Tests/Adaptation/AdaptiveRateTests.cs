namespace Jtfa.Core.Tests.Adaptation;

/// <summary>
/// A camera that always moves, behind a link that takes so many tokens a second, in virtual time: a token bucket with a queue, receipts
/// eight times a second, tokens late after 120 ms.
/// </summary>
public sealed class AdaptiveRateTests
{
    private const double Captures = 20;
    private const double TooLong = 0.12;

    [Theory]
    [InlineData(8, 2)]
    [InlineData(8, 5)]
    [InlineData(12, 2)]
    [InlineData(12, 5)]
    [InlineData(12, 20)]
    public void A_step_in_what_the_link_takes_is_followed_within_ten_seconds_and_kept_to(double takes, int queue)
    {
        var link = new Link(time => time is < 10 or >= 40 ? 30 : takes, queue);
        var rates = link.Run(70);

        Assert.All(rates.Where(one => one.At < 10), one => Assert.Equal(Captures, one.Rate));

        // From ten seconds after the step it goes about what the link takes: not below 0.75 of it, and above only so much as finds out.
        var after = rates.Where(one => one.At is >= 20 and < 40).ToList();
        Assert.All(after, one => Assert.InRange(one.Rate, 0.75 * takes, 1.35 * takes));
        Assert.InRange(after.Average(one => one.Rate), 0.85 * takes, 1.05 * takes);

        // And up again.
        Assert.All(rates.Where(one => one.At >= 52), one => Assert.InRange(one.Rate, 0.8 * Captures, Captures));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(12)]
    public void It_goes_up_and_down_seldom(double takes)
    {
        var rates = new Link(_ => takes, queue: 5).Run(120).Where(one => one.At > 20).ToList();
        var falls = rates.Zip(rates.Skip(1)).Count(pair => pair.Second.Rate < pair.First.Rate);
        Assert.InRange(falls, 1, 100 / 5);
    }

    [Fact]
    public void Where_nothing_is_lost_or_late_it_stays_at_the_most() =>
        Assert.All(new Link(_ => 30, queue: 5).Run(60), one => Assert.Equal(Captures, one.Rate));

    [Fact]
    public void A_link_that_loses_a_third_whatever_is_sent_brings_it_down_to_the_least_and_no_further()
    {
        var rate = new AdaptiveRate(2, 20);
        for (var now = 0.0; now < 30; now += 0.5) rate.Take(9, 6, 0, now);
        Assert.Equal(2, rate.Rate);
        for (var now = 30.0; now < 60; now += 0.5) rate.Take(9, 9, 0, now);
        Assert.Equal(20, rate.Rate);
    }

    [Fact]
    public void A_few_losses_leave_it_where_it_is()
    {
        var rate = new AdaptiveRate(2, 20);
        rate.Take(10, 5, 0, 0);
        rate.Take(10, 5, 0, 0.5);
        var fallen = rate.Rate;
        Assert.InRange(fallen, 2, 19);
        for (var now = 1.0; now < 60; now += 1) rate.Take(20, 19, 0, now);
        Assert.Equal(fallen, rate.Rate);
    }

    private sealed class Link(Func<double, double> takes, int queue)
    {
        public List<(double At, double Rate)> Run(double seconds)
        {
            var pace = new TokenPace(Captures, delta: 0, maxAge: 0.5);
            var (arrivals, receipts) = (new PriorityQueue<(long Sequence, double SentAt), double>(), new Queue<(double At, long[] Told)>());
            var rates = new List<(double, double)>();
            var (debt, debtAt, sequence, got, late, answeredAt) = (0.0, 0.0, 0L, 0L, 0L, -1.0);
            var known = (Sequence: -1L, Got: 0L, Late: 0L);
            var told = (Known: 0L, Arrived: 0L, Late: 0L);
            for (var tick = 0; tick < seconds * Captures; tick++)
            {
                var now = tick / Captures;
                while (arrivals.TryPeek(out var token, out var at) && at <= now)
                {
                    arrivals.Dequeue();
                    got++;
                    if (at - token.SentAt > TooLong) late++;
                    if (at - answeredAt < 0.125) continue;
                    answeredAt = at;
                    receipts.Enqueue((at + 0.005, [token.Sequence, got, late]));
                }

                while (receipts.TryPeek(out var receipt) && receipt.At <= now)
                {
                    receipts.Dequeue();
                    var (last, from) = (receipt.Told, known);
                    known = (last[0], last[1], last[2]);
                    if (from.Sequence < 0) continue;
                    told = (told.Known + last[0] - from.Sequence, told.Arrived + last[1] - from.Got, told.Late + last[2] - from.Late);
                    pace.Follow(told.Known, told.Arrived, told.Late, now);
                }

                float[] moved = [1, tick % 2];
                if (pace.IsDue(moved, now))
                {
                    pace.NoteSent(moved, now);
                    (debt, debtAt) = (Math.Max(0, debt - ((now - debtAt) * takes(now))), now);
                    if (debt - 1 <= queue)
                    {
                        arrivals.Enqueue((sequence, now), now + 0.003 + (Math.Max(0, debt - 1) / takes(now)));
                        debt++;
                    }

                    sequence++;
                }

                rates.Add((now, pace.Rate));
            }

            return rates;
        }
    }
}
