using Jtfa.Testbed.Links;

namespace Jtfa.Testbed.Tests;

/// <summary>Files of profiles.</summary>
public sealed class ProfileTests
{
    [Fact]
    public void The_shipped_profiles_are_what_their_names_say()
    {
        var profiles = Profiles.Load(Profiles.ShippedPath);

        Assert.Equal(["wired", "wifi-good", "wifi-busy", "one-straggler", "one-dead", "burst-loss", "fades"], profiles.Keys);
        Assert.All(["wired", "wifi-good", "wifi-busy", "burst-loss", "fades"], name => Assert.Empty(profiles[name].Links));
        Assert.Equal([3], profiles["one-straggler"].Links.Keys);
        Assert.True(profiles["one-straggler"].ForLink(3).Delay!.Ms > 10 * profiles["one-straggler"].ForLink(0).Delay!.Ms);
        Assert.Equal((1, 0.001), (profiles["one-dead"].ForLink(3).Loss, profiles["one-dead"].ForLink(2).Loss));
        Assert.Equal(0.1, profiles["burst-loss"].Default.Burst!.LossShare, 6);
        Assert.Equal((0.1, 50), (profiles["fades"].Default.Fade!.LossShare, profiles["fades"].Default.Fade!.BadMs));
    }

    [Fact]
    public void All_members_are_read()
    {
        var profile = Profiles.Parse("""
            { "a": { "about": "all", "default": { "loss": 0.1 }, "links": { "2": {
                "delay": { "distribution": "pareto", "ms": 1, "spreadMs": 2, "shape": 3, "maxMs": 4 }, "loss": 0.2, "duplicate": 0.3,
                "burst": { "toBad": 0.4, "toGood": 0.5, "lossBad": 0.6, "lossGood": 0.7 }, "reorder": { "share": 0.8, "holdMs": 9 },
                "fade": { "goodMs": 13, "badMs": 14, "lossBad": 0.15, "lossGood": 0.16 },
                "rate": { "kbitPerSecond": 10, "burstBytes": 11, "queueBytes": 12 } } } } }
            """, "a.json")["a"];

        Assert.Equal(new LinkProfile { Loss = 0.1 }, profile.ForLink(0));
        Assert.Equal(
            new LinkProfile
            {
                Delay = new DelayProfile(DelayDistribution.Pareto, 1, 2, 3, 4),
                Loss = 0.2,
                Duplicate = 0.3,
                Burst = new BurstProfile(0.4, 0.5, 0.6, 0.7),
                Fade = new FadeProfile(13, 14, 0.15, 0.16),
                Reorder = new ReorderProfile(0.8, 9),
                Rate = new RateProfile(10, 11, 12),
            },
            profile.ForLink(2));
    }

    [Theory]
    [InlineData("{", "a.json is not JSON")]
    [InlineData("[]", "an object with a member for each profile")]
    [InlineData("""{ "a": {}, "a": {} }""", "a.json is not JSON|'a'")]
    [InlineData("""{ "a": 5 }""", "a=5|an object of about, default, links")]
    [InlineData("""{ "a": { "about": 1 } }""", "a.about=1|a text")]
    [InlineData("""{ "a": { "defualt": {} } }""", "a.defualt: no such member|about, default, links")]
    [InlineData("""{ "a": { "links": [] } }""", "a.links=[]|a member for each link")]
    [InlineData("""{ "a": { "links": { "x": {} } } }""", "a.links.x|a link's number, 0 … 255")]
    [InlineData("""{ "a": { "links": { "03": {} } } }""", "a.links.03|a link's number")]
    [InlineData("""{ "a": { "links": { "0": { "loss": 2 } } } }""", "a.links.0.loss=2|a number, 0 … 1")]
    [InlineData("""{ "a": { "default": { "loss": "much", "duplicate": -1 } } }""", "a.default.loss=\"much\"|a.default.duplicate=-1|; ")]
    [InlineData("""{ "a": { "default": { "los": 0 } } }""", "a.default.los: no such member|delay, loss, burst, fade, reorder, duplicate, rate")]
    [InlineData("""{ "a": { "default": { "delay": { "ms": 1 } } } }""", "a.default.delay.distribution is missing|constant, normal, pareto")]
    [InlineData("""{ "a": { "default": { "delay": { "distribution": "cauchy", "ms": 1 } } } }""", "a.default.delay.distribution=\"cauchy\"|constant, normal, pareto")]
    [InlineData("""{ "a": { "default": { "delay": { "distribution": "constant" } } } }""", "a.default.delay.ms is missing|0 … 60000")]
    [InlineData("""{ "a": { "default": { "delay": { "distribution": "constant", "ms": 1, "spreadMs": 1 } } } }""", "a.default.delay.spreadMs: no such member|distribution, ms")]
    [InlineData("""{ "a": { "default": { "delay": { "distribution": "normal", "ms": 1, "spreadMs": 1, "shape": 1 } } } }""", "a.default.delay.shape: no such member")]
    [InlineData("""{ "a": { "default": { "delay": { "distribution": "normal", "ms": 9, "spreadMs": 1, "maxMs": 8 } } } }""", "a.default.delay.maxMs=8|9 … 60000")]
    [InlineData("""{ "a": { "default": { "delay": { "distribution": "pareto", "ms": 9, "spreadMs": 0, "shape": 101 } } } }""", "spreadMs=0|shape=101")]
    [InlineData("""{ "a": { "default": { "burst": { "toBad": 0.1 } } } }""", "a.default.burst.toGood is missing")]
    [InlineData("""{ "a": { "default": { "fade": { "goodMs": 0, "badMs": 5 } } } }""", "a.default.fade.goodMs=0|1 … 86400000")]
    [InlineData("""{ "a": { "default": { "reorder": { "share": null, "holdMs": 1 } } } }""", "a.default.reorder.share=null")]
    [InlineData("""{ "a": { "default": { "rate": { "kbitPerSecond": 1, "burstBytes": 1.5, "queueBytes": 1 } } } }""", "a.default.rate.burstBytes=1.5|a whole number")]
    public void Faults_name_member_value_and_what_is_allowed(string json, string words)
    {
        var fault = Assert.Throws<InvalidDataException>(() => Profiles.Parse(json, "a.json")).Message;
        Assert.StartsWith("a.json", fault);
        Assert.All(words.Split('|'), word => Assert.Contains(word, fault));
        Assert.DoesNotContain('\n', fault);
    }

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.Contains("none.json", Assert.Throws<InvalidDataException>(() => Profiles.Load("none.json")).Message);
}
