using System.Text.Json.Nodes;
using Jtfa.Silo.Tests.Http;
using Jtfa.Silo.Tests.Ingress;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Tests.Notifications;

/// <summary>Decisions at a real broker, read by a client of another make.</summary>
[Collection(WholeSilo.Name)]
public sealed class MqttTests
{
    private const string Availability = "jtfa/silos/silo/availability";
    private const string Topic = $"jtfa/scenes/{HttpSilo.Scene}/decision";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Decisions_come_as_the_API_has_them_and_the_last_stays()
    {
        await using var broker = await Broker.StartAsync();
        await using var subscriber = broker.Subscribe("#");
        await using var silo = await HttpSilo.StartAsync(broker.Settings());
        await subscriber.Output.MatchAsync($"^{Availability} 0 online$");
        await silo.DecideAsync(0, 20);
        await subscriber.Output.MatchAsync($"^{Topic} 0 .*\"id\":19,");

        var told = Payloads(subscriber, Topic);
        Assert.Equal(Enumerable.Range(0, 20), told.Select(decision => (int)decision["id"]!));
        var asked = JsonNode.Parse(await silo.Client.GetStringAsync($"v1/scenes/{HttpSilo.Scene}/decisions/7", Cancel))!;
        Assert.True(JsonNode.DeepEquals(asked, told[7]), $"{asked} {told[7]}");

        await using var late = broker.Subscribe(Topic, "-C", "1");
        Assert.Equal(0, await late.ExitAsync());
        Assert.StartsWith($"{Topic} 1 {{", late.Output.Text);
        Assert.Equal(19, (int)Payloads(late, Topic)[0]["id"]!);
        Assert.Equal((20, 0), (silo.Notifier.Counters.Sent, silo.Notifier.Counters.Dropped));
    }

    [Fact(Timeout = 60_000)]
    public async Task Home_Assistant_is_told_what_to_show_of_a_scene()
    {
        await using var broker = await Broker.StartAsync();
        await using var silo = await HttpSilo.StartAsync(broker.Settings());
        await silo.DecideAsync(0, 1);
        await Condition.HoldsAsync(() => silo.Notifier.Counters.Sent, sent => sent == 1, "the broker has been told, and retains it");
        await using var late = broker.Subscribe("homeassistant/#");
        await late.Output.MatchAsync("/confidence/config 1 ");
        var sensor = Payloads(late, $"homeassistant/sensor/jtfa_{HttpSilo.Scene}/decision/config")[0];
        Assert.Equal($"jtfa_{HttpSilo.Scene}_decision", (string?)sensor["unique_id"]);
        Assert.Equal((Topic, Availability), ((string?)sensor["state_topic"], (string?)sensor["availability_topic"]));
        var confidence = Payloads(late, $"homeassistant/sensor/jtfa_{HttpSilo.Scene}/confidence/config")[0];
        Assert.True(JsonNode.DeepEquals(sensor["device"], confidence["device"]), $"{sensor} {confidence}");
    }

    [Fact(Timeout = 60_000)]
    public async Task The_broker_says_that_a_silo_is_away_until_it_is_back()
    {
        await using var broker = await Broker.StartAsync();
        await using var subscriber = broker.Subscribe(Availability);
        var silo = await HttpSilo.StartAsync(broker.Settings());
        await subscriber.Output.MatchAsync(" online$");
        await broker.TakeOverAsync();
        await Condition.HoldsAsync(() => States(subscriber), states => states is "online offline online", "away, and back by itself");
        await silo.DisposeAsync();
        await Condition.HoldsAsync(() => States(subscriber), states => states is "online offline online offline", "stopped in order");
    }

    [Fact(Timeout = 60_000)]
    public async Task While_the_broker_is_away_nobody_waits_and_the_newest_are_kept()
    {
        await using var broker = await Broker.MakeAsync();
        await using var silo = await HttpSilo.StartAsync(broker.Settings(("Jtfa:Mqtt:QueueLimit", "5")));
        await silo.DecideAsync(0, 50);
        Assert.Equal((0, 45), (silo.Notifier.Counters.Sent, silo.Notifier.Counters.Dropped));
        await Condition.HoldsAsync(() => silo.Notifier.Counters.Failures, failures => failures > 0, "tried");
        await broker.StartAsync();
        await using var subscriber = broker.Subscribe(Topic);
        await subscriber.Output.MatchAsync("\"id\":49,");
        await Condition.HoldsAsync(() => silo.Notifier.Counters.Sent, sent => sent == 5, "those that were kept are told");
        Assert.Single(silo.Log.From(LogLevel.Warning, "Jtfa.Silo.Notifications"));

        await broker.KillAsync();
        await silo.DecideAsync(50, 3);
        await broker.StartAsync();
        await Condition.HoldsAsync(() => silo.Notifier.Counters.Sent, sent => sent == 8, "those of the time without a broker are told");
        await using var late = broker.Subscribe(Topic, "-C", "1");
        Assert.Equal(0, await late.ExitAsync());
        Assert.Equal(52, (int)Payloads(late, Topic)[0]["id"]!);
    }

    [Fact(Timeout = 60_000)]
    public async Task Over_TLS_only_a_broker_of_the_given_signer_is_told()
    {
        await using var broker = await Broker.StartAsync(encrypted: true);
        var server = ("Jtfa:Mqtt:Server", $"mqtts://localhost:{broker.Port}");
        await using (var silo = await HttpSilo.StartAsync(broker.Settings(server, ("Jtfa:Mqtt:CaFile", broker.CaFile))))
        {
            await silo.DecideAsync(0, 1);
            await using var late = broker.Subscribe(Topic, "-C", "1");
            Assert.Equal(0, await late.ExitAsync());
        }

        await using var strange = await HttpSilo.StartAsync(broker.Settings(server));
        await Condition.HoldsAsync(
            () => strange.Log.From(LogLevel.Warning, "Jtfa.Silo.Notifications"), lines => lines.Count == 1, "the signer is told of");
        await strange.DecideAsync(0, 1);
        Assert.Equal(0, strange.Notifier.Counters.Sent);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_wrong_password_is_told_and_not_shown()
    {
        await using var broker = await Broker.StartAsync();
        await using var silo = await HttpSilo.StartAsync(broker.Settings(("Jtfa:Mqtt:Password", "swordfish")));
        var lines = await Condition.HoldsAsync(
            () => silo.Log.From(LogLevel.Warning, "Jtfa.Silo.Notifications"), lines => lines.Count > 0, "the refusal is told");
        Assert.Matches("The MQTT broker 127.0.0.1 is not told of decisions: .*NotAuthorized", lines[0]);
        Assert.DoesNotContain(silo.Log.Lines, line => line.Contains("swordfish", StringComparison.Ordinal));
    }

    private static List<JsonNode> Payloads(ProgramRun subscriber, string topic) =>
    [
        .. subscriber.Output.Lines.Where(line => line.StartsWith($"{topic} ", StringComparison.Ordinal))
            .Select(line => JsonNode.Parse(line[(topic.Length + 3)..])!),
    ];

    private static string States(ProgramRun subscriber) => string.Join(' ', subscriber.Output.Lines.Select(line => line.Split(' ')[^1]));
}
