using System.Text.Json;
using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Grains.Tests;

/// <summary>What crosses HTTP, as JSON.</summary>
public class JtfaJsonTests
{
    [Fact]
    public void A_policy_comes_back_as_it_was()
    {
        var random = new Random(1);
        for (var i = 0; i < 10_000; i++)
        {
            var policy = new ScenePolicy
            {
                K = random.Next(1, 9),
                N = 9,
                T = TimeSpan.FromTicks(random.NextInt64(1, TimeSpan.TicksPerMinute)),
                W = TimeSpan.FromTicks(random.NextInt64(100, TimeSpan.TicksPerHour)),
                Linger = TimeSpan.FromTicks(random.Next(100_000)),
                Keying = (WindowKeying)random.Next(3),
                Beta = random.Next(3) == 0 ? null : random.NextDouble(),
            };
            Assert.Equal(policy, RoundTrip(policy));
        }
    }

    [Theory]
    [InlineData(10_010, "1.001")] // × 1000 is 1000.9999999999999
    [InlineData(1_200_000, "120")]
    [InlineData(1, "0.0001")]
    [InlineData(-25_000, "-2.5")]
    public void A_duration_is_a_number_of_milliseconds(long ticks, string json)
    {
        Assert.Equal(json, JsonSerializer.Serialize(TimeSpan.FromTicks(ticks), JtfaJson.Options));
        Assert.Equal(ticks, JsonSerializer.Deserialize<TimeSpan>(json, JtfaJson.Options).Ticks);
    }

    [Theory]
    [InlineData("1e12")]
    [InlineData("-1e300")]
    [InlineData("1e999")]
    public void A_duration_out_of_range_is_named_by_the_policys_own_check(string milliseconds)
    {
        var policy = JsonSerializer.Deserialize<ScenePolicy>($$"""{"k":1,"n":2,"t":{{milliseconds}},"w":100}""", JtfaJson.Options)!;

        Assert.Contains("T=", Assert.Single(policy.Faults()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_policys_optional_members_have_their_defaults_and_an_infinite_beta_is_refused()
    {
        Assert.Equal(new ScenePolicy { K = 1, N = 2, T = TimeSpan.FromMilliseconds(80), W = TimeSpan.FromMilliseconds(50) }, Read("""{"k":1,"n":2,"t":80,"w":50}"""));
        Assert.Null(Read("""{"k":1,"n":2,"t":80,"w":50,"beta":null}""").Beta);
        Assert.Contains("Beta=", Assert.Single(Read("""{"k":1,"n":2,"t":80,"w":50,"beta":1e999}""").Faults()), StringComparison.Ordinal);

        static ScenePolicy Read(string json) => JsonSerializer.Deserialize<ScenePolicy>(json, JtfaJson.Options)!;
    }

    [Theory]
    [InlineData("""{"n":2,"t":80,"w":50}""")] // without K
    [InlineData("""{"k":1,"n":2,"t":"80","w":50}""")]
    [InlineData("""{"k":1,"n":2,"t":null,"w":50}""")]
    [InlineData("""{"k":1.5,"n":2,"t":80,"w":50}""")]
    [InlineData("""{"k":"1","n":2,"t":80,"w":50}""")]
    [InlineData("""{"k":99999999999,"n":2,"t":80,"w":50}""")]
    [InlineData("""{"k":1,"n":2,"t":80,"w":50,"keying":0}""")]
    [InlineData("""{"k":1,"n":2,"t":80,"w":50,"keying":"0"}""")]
    [InlineData("""{"k":1,"n":2,"t":80,"w":50,"keying":"sometimes"}""")]
    [InlineData("""{"k":1,"n":2,"t":80,"w":50,"beta":"NaN"}""")]
    public void What_is_no_policy_is_refused(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<ScenePolicy>(json, JtfaJson.Options));

    [Fact]
    public void A_decision_comes_back_as_it_was_but_for_what_is_not_of_the_log()
    {
        var decision = Decision() with { Confidence = double.NaN, TailFactor = double.NaN, AccRunning = 1 / 3.0, DueAt = 5 };

        var json = JsonSerializer.Serialize(decision, JtfaJson.Options);
        var back = JsonSerializer.Deserialize<Decision>(json, JtfaJson.Options)!;

        Assert.Equal(decision with { Views = [], DueAt = 0 }, back with { Views = [] });
        Assert.Equal(decision.Views, back.Views);
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        Assert.Equal("T", root.GetProperty("cause").GetString());
        Assert.Equal(JsonValueKind.Null, root.GetProperty("tailFactor").ValueKind);
        Assert.True(root.GetProperty("correct").GetBoolean());
        Assert.False(root.TryGetProperty("dueAt", out _));
    }

    [Fact]
    public void A_policy_that_an_earlier_version_stored_or_sends_is_one_that_does_not_adapt()
    {
        var expected = new ScenePolicy { K = 2, N = 5, T = TimeSpan.FromMilliseconds(80), W = TimeSpan.FromMilliseconds(50) };
        const string state = """
            {"Policy":{"K":2,"N":5,"T":"00:00:00.08","W":"00:00:00.05","Linger":"00:00:00.25","Keying":0,"Beta":null,"Lanes":4},"Version":1}
            """;

        Assert.Equal(expected, JsonSerializer.Deserialize<SceneState>(state)!.Policy);
        Assert.Equal(expected, JsonSerializer.Deserialize<ScenePolicy>("""{"k":2,"n":5,"t":80,"w":50}""", JtfaJson.Options));
        Assert.False(expected.Adapts);
        Assert.Empty(expected.Faults());
        Assert.Equal(expected.T, expected.LongestT);
        var adaptive = expected with { Timeout = WindowTimeout.Adaptive, KMin = 1, TMax = TimeSpan.FromMilliseconds(90.5) };
        Assert.Equal(adaptive, RoundTrip(adaptive));
    }

    [Fact]
    public void A_snapshot_with_nothing_measured_yet_comes_back_as_it_was()
    {
        var policy = new ScenePolicy();
        var snapshot = new SceneSnapshot
        {
            Scene = "Hof/ \"1\" ∞",
            Time = 1_800_000_000.123456,
            Routing = new SceneRouting(16, policy, 0, policy with { T = TimeSpan.FromTicks(10_010) }, 3),
            Statistics = new SceneStatistics { FillRatio = double.NaN, Accuracy = double.NaN },
            Cameras = [new CameraHealth { View = 3, Timing = CameraTiming.Missing, Jitter = double.PositiveInfinity }],
            Seconds =
            [
                new SceneSecond
                {
                    Second = 1_800_000_000,
                    FillRatio = double.NaN,
                    AccRunning = double.NaN,
                    T = TimeSpan.FromMilliseconds(120),
                },
            ],
            Windows = [new WindowArrivals(long.MaxValue, FireCause.T, [1, 2], [])],
            Decisions = [Decision()],
        };

        var back = RoundTrip(snapshot);

        Assert.Equal(
            (snapshot.Scene, snapshot.Time, snapshot.Routing, snapshot.Statistics), (back.Scene, back.Time, back.Routing, back.Statistics));
        Assert.Equal(snapshot.Seconds, back.Seconds);
        Assert.Equal(snapshot.Cameras[0] with { Jitter = double.NaN }, Assert.Single(back.Cameras)); // infinity is no number either
        var window = Assert.Single(back.Windows);
        Assert.Equal((long.MaxValue, FireCause.T), (window.Decision, window.Cause));
        Assert.Equal([1, 2], window.OnTime);
        Assert.Empty(window.Late);
        Assert.Single(back.Decisions);
        var json = JsonSerializer.Serialize(snapshot, JtfaJson.Options);
        Assert.Contains("\"timing\":\"Missing\"", json, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", json, StringComparison.Ordinal);
    }

    private static Decision Decision() => new()
    {
        Scene = "yard",
        Id = -7,
        Timestamp = 1_800_000_000.25,
        Cause = FireCause.T,
        M = 2,
        FillRatio = 0.5,
        Bytes = 200,
        LatMean = 0.1,
        P50 = 0.1,
        P90 = 0.2,
        P99 = 0.2,
        TailFactor = 2,
        Pred = 1,
        Gt = 1,
        Confidence = 0.9,
        Views = [0, 300],
    };

    private static T RoundTrip<T>(T value) =>
        JsonSerializer.Deserialize<T>(JsonSerializer.Serialize(value, JtfaJson.Options), JtfaJson.Options)!;
}
