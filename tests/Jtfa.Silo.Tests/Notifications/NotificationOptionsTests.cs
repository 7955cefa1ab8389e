using Jtfa.Silo.Notifications;
using Jtfa.Silo.Tests.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo.Tests.Notifications;

public sealed class NotificationOptionsTests
{
    [Theory]
    [InlineData("Mqtt:Server", "broker.local:1883", "Jtfa:Mqtt:Server: allowed is mqtt://HOST[:PORT] or mqtts://HOST[:PORT]")]
    [InlineData("Mqtt:Server", "mqtt://jtfa:swordfish@broker.local", "a user goes into Jtfa:Mqtt:User")]
    [InlineData("Mqtt:Password", "swordfish", "Jtfa:Mqtt:User is missing: a password is one of a user")]
    [InlineData("Mqtt:CaFile", "nowhere.pem", "Jtfa:Mqtt:CaFile=nowhere.pem: there is no such file")]
    [InlineData("Mqtt:ClientId", "", "Jtfa:Mqtt:ClientId=: allowed are 1 … 64 characters")]
    [InlineData("Mqtt:Topic", "jtfa/#", "Jtfa:Mqtt:Topic=jtfa/#: allowed is a topic such as home/jtfa")]
    [InlineData("Mqtt:DiscoveryPrefix", "/homeassistant", "Jtfa:Mqtt:DiscoveryPrefix=/homeassistant: allowed is a topic")]
    [InlineData("Mqtt:QueueLimit", "0", "Jtfa:Mqtt:QueueLimit=0: allowed is 1 … 1000000")]
    [InlineData("Mqtt:Host", "broker.local", "Jtfa:Mqtt:Host: there is no such setting; allowed in Jtfa:Mqtt are Server, User,")]
    [InlineData("Webhook:Url", "broker.local/swordfish", "Jtfa:Webhook:Url: allowed is an http:// or https:// URL")]
    [InlineData("Webhook:Secret", "swordfish", "Jtfa:Webhook:Secret has 9 characters: allowed are 16 or more")]
    [InlineData("Webhook:Tries", "0", "Jtfa:Webhook:Tries=0: allowed is 1 … 100")]
    [InlineData("Webhook:Timeout", "NaN", "Jtfa:Webhook:Timeout=NaN: allowed is 100 … 600000 ms")]
    [InlineData("Webhook:QueueLimit", "1000001", "Jtfa:Webhook:QueueLimit=1000001: allowed is 1 … 1000000")]
    public void A_wrong_value_names_its_key_and_no_secret(string key, string value, string says)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new($"Jtfa:{key}", value)]).Build();
        var fault = Assert.Throws<OptionsValidationException>(() => SiloSettings.Read(configuration));
        Assert.Contains(says, Assert.Single(fault.Failures));
        Assert.DoesNotContain("swordfish", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_changes_are_those_of_a_scenes_class()
    {
        using var counters = new NotificationCounters("test");
        var queue = new NotificationQueue(10, onlyChanges: true, counters);
        foreach (var id in new[] { 0, 3, 6, 1, 4, 0 }) queue.Take([HttpSilo.Made(id)]);
        queue.Take([HttpSilo.Made(3, HttpSilo.Other)]);
        var told = new List<(string, long)>();
        while (queue.TryNext(out var decision)) told.Add((decision.Scene, decision.Id));
        Assert.Equal([(HttpSilo.Scene, 0), (HttpSilo.Scene, 1), (HttpSilo.Scene, 0), (HttpSilo.Other, 3)], told);
    }

    [Fact]
    public void Scenes_of_any_name_have_topics_and_identifiers_of_their_own()
    {
        var topics = new MqttTopics("jtfa", "homeassistant", "silo");
        string[] scenes = ["yard", "Hof 1", "Hof_1", "a+b", "a#b", "a%2Bb", "ä"];
        var decisions = scenes.Select(topics.Decision).ToList();
        Assert.Distinct(decisions);
        Assert.All(decisions, topic => Assert.Matches("^jtfa/scenes/[^/+#]+/decision$", topic));
        var sensors = scenes.SelectMany(topics.Discovery).Select(sensor => sensor.Topic).ToList();
        Assert.Distinct(sensors);
        Assert.All(sensors, topic => Assert.Matches("^homeassistant/sensor/[A-Za-z0-9_-]+/(decision|confidence)/config$", topic));
        Assert.Empty(new MqttTopics("jtfa", "", "silo").Discovery("yard"));
    }
}
