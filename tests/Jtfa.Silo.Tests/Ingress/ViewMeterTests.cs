using FsCheck;
using FsCheck.Fluent;
using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Silo.Ingress;

namespace Jtfa.Silo.Tests.Ingress;

public class ViewMeterTests
{
    private const int View = 3;
    private const int Bytes = 120;
    private const double Start = 1_000;

    [Fact]
    public void Loss_is_what_is_missing_between_the_first_and_the_highest_number_of_each_run() => Holds(Seeds, seed =>
    {
        var (meter, model, random) = (new ViewMeter(), new NaiveLoss(), new Random(seed));
        var (now, next) = (Start, FirstNumber(random));
        for (var i = 0; i < 300; i++)
        {
            now += random.Next(100) == 0 ? 6 : 0.1;
            var sequence = NextNumber(random, ref next);
            Count(meter, now, sequence: sequence);
            model.Count(sequence, now);
            Assert.Equal(model.Lost, Taken(meter).Lost);
        }
    }, runs: 1000);

    [Fact]
    public void No_numbers_whatever_make_the_loss_negative_or_more_than_ten_thousand_a_token() => Holds(Gen.ArrayOf(Extremes), numbers =>
    {
        var (meter, model) = (new ViewMeter(), new NaiveLoss());
        var count = 0L;
        foreach (var number in numbers)
        {
            Count(meter, Start, sequence: number);
            model.Count(number, Start);
            var lost = Taken(meter).Lost;
            Assert.InRange(lost, 0, 10_000 * ++count);
            Assert.Equal(model.Lost, lost);
        }
    }, runs: 1000);

    [Theory]
    [InlineData(new long[] { 1, 2, 4, 3 }, 0)] // came after all
    [InlineData(new long[] { 1, 2, 4, 3, 3, 3 }, 0)] // and again
    [InlineData(new long[] { 1, 1, 2, 2, 3 }, 0)]
    [InlineData(new long[] { 1, 65, 2 }, 62)] // 63 behind
    [InlineData(new long[] { 1, 66, 2 }, 64)] // 64 behind: it begins anew, and nothing comes back
    [InlineData(new long[] { 1, 10_001 }, 9_999)]
    [InlineData(new long[] { 1, 10_002 }, 0)]
    [InlineData(new long[] { 500, 0, 1, 3 }, 1)]
    [InlineData(new long[] { 5, 4, 3 }, 0)] // what was sent before the first that came
    [InlineData(new[] { long.MaxValue, long.MinValue, long.MinValue + 3, 0 }, 2)]
    [InlineData(new[] { long.MinValue + 5, long.MaxValue, long.MaxValue - 1 }, 0)]
    public void Loss_of_a_few_numbers(long[] numbers, long lost)
    {
        var meter = new ViewMeter();
        foreach (var number in numbers) Count(meter, Start, sequence: number);

        Assert.Equal(lost, Taken(meter).Lost);
    }

    [Fact]
    public void A_view_that_sends_no_numbers_loses_nothing()
    {
        var meter = new ViewMeter();
        for (var i = 0; i < 100; i++) Count(meter, Start + i);

        var taken = Taken(meter);
        Assert.Equal((100, 100 * Bytes, 0), (taken.Tokens, taken.Bytes, taken.Lost));
    }

    [Fact]
    public void Jitter_is_as_RFC_3550_says() => Holds(Seeds, seed =>
    {
        var (meter, random) = (new ViewMeter(), new Random(seed));
        var (sent, received, jitter) = (0.0, 0.0, 0.0);
        for (var i = 0; i < 200; i++)
        {
            var (s, r) = (sent + random.NextDouble(), received + random.NextDouble()); // neither clock knows of the other
            if (i > 0) jitter += (Math.Abs(r - received - (s - sent)) - jitter) / 16;
            (sent, received) = (s, r);
            Count(meter, Start + received, captured: sent);
            Assert.Equal(jitter, Taken(meter).Jitter, 1e-9);
        }
    });

    [Theory]
    [InlineData(double.MaxValue, -double.MaxValue)]
    [InlineData(-double.MaxValue, double.MaxValue)]
    [InlineData(0, double.MaxValue)]
    public void Impossible_capture_times_leave_numbers_that_recover(double one, double other)
    {
        var (meter, now) = (new ViewMeter(), Start);
        foreach (var captured in new[] { one, other, one, other }) Count(meter, now += 0.1, captured);
        var wild = Taken(meter);
        Assert.True(double.IsFinite(wild.Jitter) && double.IsFinite(wild.ClockOffset));

        for (var i = 0; i < 1000; i++) Count(meter, now += 0.1, now - 0.25);

        var traffic = Taken(meter);
        Assert.Equal(0.25, traffic.ClockOffset, 1e-9);
        Assert.InRange(traffic.Jitter, 0, 1e-6);
    }

    [Theory]
    [InlineData(10, 1)] // steady
    [InlineData(2, 5)] // in bursts
    [InlineData(0.1, 1)] // slower than what counts as silent
    public void Rate_is_from_token_to_token_whenever_one_asks(double burstsHz, int burst)
    {
        var (meter, random) = (new ViewMeter(), new Random(1));
        var known = new List<ViewTraffic>();
        var asked = Start;
        for (var i = 0; i < 200; i++)
        {
            var now = Start + (i / burstsHz);
            for (; asked < now; asked += 0.1 + (0.3 * random.NextDouble()))
                if (meter.Take(View) is { } taken) known.Add(taken);
            for (var token = 0; token < burst; token++) Count(meter, now);
        }

        Assert.InRange(known.Count, 40, 200);
        Assert.Equal((0.0, 0.0), (known[0].RateHz, known[0].Kbps));
        Assert.All(known.Skip(1), traffic => Assert.Equal(burst * burstsHz, traffic.RateHz, 1e-9 * burst));
        Assert.All(known.Skip(1), traffic => Assert.Equal(burst * burstsHz * Bytes * 8 / 1000, traffic.Kbps, 1e-8 * burst));
    }

    [Fact]
    public void A_rate_is_never_over_an_hours_silence()
    {
        var (meter, now) = (new ViewMeter(), Start);
        for (var i = 0; i < 20; i++, now += 0.1)
        {
            Count(meter, now);
            meter.Take(View);
        }

        now += 3600;
        for (var i = 0; i < 20; i++, now += 0.1)
        {
            Count(meter, now);
            Assert.Equal(10, Taken(meter).RateHz, 1e-6);
        }
    }

    [Fact]
    public void A_rate_follows_the_sender_within_seconds()
    {
        var (meter, now) = (new ViewMeter(), Start);
        foreach (var period in new[] { 0.1, 0.05 })
        {
            var traffic = default(ViewTraffic);
            for (var end = now + 4; now < end; now += period)
            {
                Count(meter, now);
                if (Math.Floor(4 * now) != Math.Floor(4 * (now - period))) traffic = meter.Take(View) ?? traffic;
            }

            Assert.Equal(1 / period, traffic!.RateHz, 1e-6);
        }
    }

    [Fact]
    public void Clock_offset_is_the_least_transit_of_the_last_15_to_30_seconds() => Holds(Seeds, seed =>
    {
        var (meter, random) = (new ViewMeter(), new Random(seed));
        var seen = new List<(double At, double Transit)>();
        var now = Start;
        for (var i = 0; i < 400; i++)
        {
            now += random.NextDouble();
            var captured = now + 5 - (random.NextDouble() * 10); // ahead or behind
            seen.Add((now, now - captured));
            Count(meter, now, captured);
            var offset = Taken(meter).ClockOffset;
            Assert.InRange(offset, LeastOver(32), LeastOver(15));
            Assert.Contains(seen, token => token.Transit == offset);
        }

        double LeastOver(double seconds) => seen.Where(token => token.At >= now - seconds).Min(token => token.Transit);
    }, runs: 100);

    [Fact]
    public void Clock_offset_forgets_what_was_before_a_silence()
    {
        var meter = new ViewMeter();
        Count(meter, Start, captured: Start + 100);
        Count(meter, Start + 31, captured: Start + 30);

        Assert.Equal(1, Taken(meter).ClockOffset);
    }

    [Fact]
    public void A_meter_whose_clock_is_set_back_goes_on()
    {
        var (meter, now) = (new ViewMeter(), Start + 3600);
        for (var i = 0; i < 100; i++)
        {
            now += i == 50 ? -3600 : 0.1;
            Count(meter, now, sequence: i);
            var traffic = Taken(meter);
            Assert.Equal((i + 1, 0, now), (traffic.Tokens, traffic.Lost, traffic.LastTokenAt));
            if (i > 0) Assert.Equal(10, traffic.RateHz, 1e-6);
        }
    }

    private static Gen<int> Seeds { get; } = Gen.Choose(0, int.MaxValue - 1);

    private static Gen<long> Extremes { get; } = Gen.Elements(long.MinValue, -1, 0, 1, long.MaxValue / 2, long.MaxValue)
        .SelectMany(
            number => Gen.Choose(-20_000, 20_000).SelectMany(far => Gen.Choose(-70, 70).SelectMany(near => Gen.Elements(0, near, far))
            .Select(by => unchecked(number + by))));

    private static void Holds<T>(Gen<T> cases, Action<T> statement, int runs = 300) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(runs), Prop.ForAll(cases.ToArbitrary(), statement));

    private static long FirstNumber(Random random) =>
        random.Next(4) switch { 0 => long.MaxValue - 20, 1 => long.MinValue, 2 => random.NextInt64(), _ => 0 };

    // Mostly the next; some lost, repeated, overtaken, absent; now and then a restart or a jump.
    private static long? NextNumber(Random random, ref long next) => random.Next(40) switch
    {
        < 25 => next++,
        < 28 => next += random.Next(1, 5),
        < 30 => next += random.Next(60, 70),
        < 36 => unchecked(next - random.Next(1, 80)),
        < 38 => null,
        38 => unchecked(next += random.Next(-12_000, 12_000)),
        _ => next = FirstNumber(random),
    };

    private static void Count(ViewMeter meter, double now, double? captured = null, long? sequence = null) =>
        meter.Count(new TokenPacket { Timestamp = captured ?? now, View = View, Sequence = sequence }, Bytes, now);

    private static ViewTraffic Taken(ViewMeter meter) => Assert.IsType<ViewTraffic>(meter.Take(View));
}
