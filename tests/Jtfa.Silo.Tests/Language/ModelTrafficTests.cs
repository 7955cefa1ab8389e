using Jtfa.Interfaces;
using Jtfa.Language.Serving;
using Jtfa.Silo.Language;

namespace Jtfa.Silo.Tests.Language;

/// <summary>What passes through a model, by a clock that is set by hand.</summary>
public sealed class ModelTrafficTests
{
    private const double Start = 1_780_000_020; // a full minute

    private readonly ManualClock _clock = new(DateTimeOffset.FromUnixTimeSeconds((long)Start));
    private readonly List<ModelMinute> _minutes = [];
    private readonly ModelTraffic _traffic;

    public ModelTrafficTests() => _traffic = new ModelTraffic("glosses", "127.0.0.1:11111", _clock, _minutes.Add);

    [Fact]
    public void A_second_has_rates_of_what_was_computed_since_the_look_before()
    {
        Look(1, new() { Steps = 10, ComputedTokens = 40, PrefilledTokens = 30, CompletionTokens = 10, Running = 2, PagesRead = 5 });
        Look(2, new() { Steps = 14, ComputedTokens = 62, PrefilledTokens = 30, CompletionTokens = 32, Waiting = 1, PagesRemembered = 3 });
        Look(1, new() { Steps = 14, ComputedTokens = 62, PrefilledTokens = 30, CompletionTokens = 32 });

        var seconds = _traffic.SecondsAfter(0);
        Assert.Equal([Start + 1, Start + 3, Start + 4], seconds.Select(second => second.Time));
        Assert.Equal([(30, 10), (0, 11), (0, 0)], seconds.Select(second => (second.Prefilled, second.Decoded)));
        Assert.Equal([4, 5.5, double.NaN], seconds.Select(second => second.Batch));
        Assert.Equal((2, 0, 5, 0), (seconds[0].Running, seconds[0].Waiting, seconds[0].PagesRead, seconds[0].PagesRemembered));
        Assert.Equal((0, 1, 0, 3), (seconds[1].Running, seconds[1].Waiting, seconds[1].PagesRead, seconds[1].PagesRemembered));
        Assert.Equal([Start + 4], _traffic.SecondsAfter(Start + 3).Select(second => second.Time));
    }

    [Fact]
    public void A_model_that_was_loaded_anew_begins_at_nothing()
    {
        Look(1, new() { Steps = 100, ComputedTokens = 400, CompletionTokens = 400 });
        Look(1, default);
        Look(1, new() { Steps = 2, ComputedTokens = 6, CompletionTokens = 6 });

        Assert.Equal([400, 0, 6], _traffic.SecondsAfter(0).Select(second => second.Decoded));
    }

    [Fact]
    public void Percentiles_are_over_the_texts_of_the_minute_before()
    {
        for (var at = 1; at <= 100; at++) _traffic.Count(Text(firstToken: at * 0.001, perToken: at == 1 ? null : 0.01));
        Look(1, default);
        Look(59, default);
        Look(1, default);

        var (one, last, none) = _traffic.SecondsAfter(0) switch { [var a, var b, var c] => (a, b, c), _ => default };
        Assert.Equal((100, 0.050, 0.099, 0.01), (one!.Ended, one.FirstTokenP50, one.FirstTokenP99, one.PerTokenP50));
        Assert.Equal(100, last!.Ended);
        Assert.Equal((0, double.NaN, double.NaN), (none!.Ended, none.FirstTokenP50, none.PerTokenP99));
    }

    [Fact]
    public void Acceptance_is_there_only_where_something_was_guessed()
    {
        Look(1, new() { Steps = 1 });
        Look(1, new() { Steps = 2, DraftedTokens = 8, AcceptedTokens = 6 });
        Assert.Equal([double.NaN, 0.75], _traffic.SecondsAfter(0).Select(second => second.Acceptance));
    }

    [Fact]
    public void No_more_seconds_are_kept_than_are_shown()
    {
        for (var at = 0; at < ModelSecond.MostKept + 50; at++) Look(1, default);
        Assert.Equal(ModelSecond.MostKept, _traffic.SecondsAfter(0).Length);
        _clock.Set(-TimeSpan.FromMinutes(2));
        Look(1, default);
        Assert.All(_traffic.SecondsAfter(0), second => Assert.InRange(second.Time, 0, Start + ModelSecond.MostKept + 51 - 120));
    }

    [Fact]
    public void A_minute_is_handed_on_when_it_is_over_and_holds_what_ended_in_it()
    {
        _clock.Advance(TimeSpan.FromSeconds(10));
        foreach (var finish in Enum.GetValues<TextFinish>()) _traffic.Count(Text(finish, 0.2, 0.02));
        _traffic.Count(Text(TextFinish.Cancelled, firstToken: null, perToken: null));
        _traffic.CountBusy();
        _traffic.CountBusy();
        Look(20, new() { Steps = 10, ComputedTokens = 40, PagesRead = 17 });
        Look(20, new() { Steps = 20, ComputedTokens = 60, PagesRead = 9 });
        Assert.Empty(_minutes);
        Look(11, new() { Steps = 20, ComputedTokens = 60 });

        var minute = Assert.Single(_minutes);
        Assert.Equal(("glosses", "127.0.0.1:11111", Start, Start + 60), (minute.Model, minute.Silo, minute.From, minute.To));
        Assert.Equal(
            (1, 1, 2, 1, 1, 1, 7),
            (minute.Stop, minute.Length, minute.Cancelled, minute.Abandoned, minute.Failed, minute.ShutDown, minute.Texts));
        Assert.Equal((2, 70, 21, 140), (minute.Busy, minute.PromptTokens, minute.CachedTokens, minute.CompletionTokens));
        Assert.InRange(minute.FirstTokenP99, 0.198, 0.202);
        Assert.InRange(minute.PerTokenP50, 0.0198, 0.0202);
        Assert.InRange(minute.CompletionP50, 0.99, 1.01);
        Assert.Equal((3.0, 17), (minute.Batch, minute.PagesPeak));
    }

    [Fact]
    public void Minutes_of_nothing_are_none_and_the_last_ends_with_the_silo()
    {
        Look(200, default);
        Assert.Empty(_minutes);
        _traffic.CountBusy();
        _clock.Advance(TimeSpan.FromSeconds(5));
        _traffic.End();

        var minute = Assert.Single(_minutes);
        Assert.Equal((Start + 180, Start + 205, 1, 0), (minute.From, minute.To, minute.Busy, minute.Texts));
        Assert.True(double.IsNaN(minute.FirstTokenP50) && double.IsNaN(minute.Batch));
    }

    [Fact]
    public void A_clock_that_was_set_back_begins_another_minute_where_it_stands()
    {
        _clock.Advance(TimeSpan.FromSeconds(70));
        _traffic.CountBusy();
        _clock.Set(-TimeSpan.FromSeconds(45));
        _traffic.CountBusy();
        _clock.Advance(TimeSpan.FromSeconds(1));
        _traffic.End();

        Assert.Equal([(Start + 60, Start + 70), (Start + 25, Start + 26)], _minutes.Select(minute => (minute.From, minute.To)));
    }

    private void Look(double seconds, EngineStatistics now)
    {
        _clock.Advance(TimeSpan.FromSeconds(seconds));
        _traffic.Look(now);
    }

    private static TextEnd Text(TextFinish finish = TextFinish.Stop, double? firstToken = 0.1, double? perToken = 0.01) => new()
    {
        Finish = finish,
        PromptTokens = 10,
        CachedTokens = 3,
        CompletionTokens = 20,
        TimeToFirstToken = firstToken,
        TimePerOutputToken = perToken,
        JobCompletionTime = 1,
    };
}
