using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Silo.Cluster;
using Jtfa.Silo.Decisions;
using Jtfa.Silo.Http;
using Jtfa.Silo.Ingress;
using Jtfa.Silo.Language;
using Jtfa.Silo.Notifications;
using Jtfa.Silo.Telemetry;
using Jtfa.Silo.Trust;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo;

/// <summary>The settings that decide which services a silo has: they are needed before there are any services.</summary>
/// <param name="Cluster">Its place in a cluster.</param>
/// <param name="Http">Where it serves HTTP.</param>
/// <param name="Telemetry">Where its metrics and traces go.</param>
/// <param name="Mqtt">The broker that decisions are told to.</param>
/// <param name="Webhook">The URL that decisions are posted to.</param>
public sealed record SiloSettings(
    SiloClusterOptions Cluster, HttpOptions Http, TelemetryOptions Telemetry, MqttOptions Mqtt, WebhookOptions Webhook)
{
    private const string Section = "Jtfa";

    // What the sections of the configuration are bound to, here or where their services are added.
    private static readonly Dictionary<string, Type> s_sections = new()
    {
        ["Scenes"] = typeof(List<SceneOptions>),
        ["Cameras"] = typeof(List<CameraConfig>),
        ["Ingress"] = typeof(IngressOptions),
        ["Keys"] = typeof(ViewKeysOptions),
        ["Language"] = typeof(LanguageOptions),
        ["Log"] = typeof(DecisionLogOptions),
        ["Cluster"] = typeof(SiloClusterOptions),
        ["Http"] = typeof(HttpOptions),
        ["Telemetry"] = typeof(TelemetryOptions),
        ["Mqtt"] = typeof(MqttOptions),
        ["Webhook"] = typeof(WebhookOptions),
    };

    /// <summary>Whether it has scenes.</summary>
    public bool Fuses => Cluster.Fuses;

    /// <summary>Whether it serves HTTP: a silo with neither scenes nor language models has nothing to serve.</summary>
    public bool ServesHttp => Http.Enabled && Cluster.Serves;

    /// <summary>Reads them.</summary>
    /// <exception cref="OptionsValidationException">They have faults, or the configuration has keys that nothing reads.</exception>
    public static SiloSettings Read(IConfiguration configuration)
    {
        Check<SiloSettings>(ConfigurationKeys.Faults(configuration.GetSection(Section), s_sections));
        return new(
            Read<SiloClusterOptions>(configuration, SiloClusterOptions.Section, options => options.Faults()),
            Read<HttpOptions>(configuration, HttpOptions.Section, options => options.Faults()),
            Read<TelemetryOptions>(configuration, TelemetryOptions.Section, options => options.Faults()),
            Read<MqttOptions>(configuration, MqttOptions.Section, options => options.Faults()),
            Read<WebhookOptions>(configuration, WebhookOptions.Section, options => options.Faults()));
    }

    private static T Read<T>(IConfiguration configuration, string section, Func<T, IEnumerable<string>> faults)
        where T : class, new()
    {
        var options = StrictOptions.Read<T>(configuration, section);
        Check<T>(faults(options));
        return options;
    }

    private static void Check<T>(IEnumerable<string> faults)
    {
        if (faults.ToList() is { Count: > 0 } found) throw new OptionsValidationException(Section, typeof(T), found);
    }
}
