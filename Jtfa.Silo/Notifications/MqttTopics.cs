using System.Text;
using System.Text.Json.Nodes;

namespace Jtfa.Silo.Notifications;

/// <summary>Where decisions stand at the broker, and how Home Assistant is told of them.</summary>
internal sealed class MqttTopics(string topic, string discoveryPrefix, string clientId)
{
    /// <summary>Says <c>online</c>, or <c>offline</c>, which the broker itself says once the silo is away.</summary>
    public string Availability { get; } = $"{topic}/silos/{Segment(clientId)}/availability";

    /// <summary>A scene's last decision.</summary>
    public string Decision(string scene) => $"{topic}/scenes/{Segment(scene)}/decision";

    /// <summary>
    /// What Home Assistant makes sensors of: the decision, with all of it as attributes, and its confidence. They are available while this
    /// silo is; where a scene moves to another, that one tells anew.
    /// </summary>
    public IEnumerable<(string Topic, string Payload)> Discovery(string scene)
    {
        if (discoveryPrefix.Length == 0) yield break;
        yield return Sensor(scene, "decision", new JsonObject
        {
            ["name"] = "Decision",
            ["value_template"] = "{{ value_json.label | default(value_json.pred, true) }}",
            ["json_attributes_topic"] = Decision(scene),
            ["icon"] = "mdi:camera-metering-matrix",
        });
        yield return Sensor(scene, "confidence", new JsonObject
        {
            ["name"] = "Confidence",
            ["value_template"] = "{{ (value_json.confidence * 100) | round(1) }}",
            ["unit_of_measurement"] = "%",
            ["state_class"] = "measurement",
        });
    }

    private (string Topic, string Payload) Sensor(string scene, string kind, JsonObject sensor)
    {
        var id = $"jtfa_{Identifier(scene)}";
        sensor["unique_id"] = $"{id}_{kind}";
        sensor["state_topic"] = Decision(scene);
        sensor["availability_topic"] = Availability;
        sensor["device"] = new JsonObject
        {
            ["identifiers"] = new JsonArray(id),
            ["name"] = $"JTFA {scene}",
            ["manufacturer"] = "JTFA",
            ["model"] = "Scene",
        };
        return ($"{discoveryPrefix}/sensor/{id}/{kind}/config", sensor.ToJsonString());
    }

    // A level of a topic may have any character but these.
    private static string Segment(string name) =>
        name.Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2F", StringComparison.Ordinal)
            .Replace("+", "%2B", StringComparison.Ordinal).Replace("#", "%23", StringComparison.Ordinal);

    // Home Assistant's identifiers have letters, digits, - and _. The others are written by their code, after a __, so that two are two.
    private static string Identifier(string name)
    {
        var text = new StringBuilder();
        foreach (var character in name)
        {
            if (char.IsAsciiLetterOrDigit(character) || character == '-') text.Append(character);
            else text.Append("__").Append(((int)character).ToString("x4", null));
        }

        return text.ToString();
    }
}
