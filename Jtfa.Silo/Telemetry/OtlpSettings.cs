using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Jtfa.Silo.Telemetry;

/// <summary>
/// <see cref="TelemetryOptions"/> in OpenTelemetry's own words, to be put over the host's configuration, which OpenTelemetry reads. So its
/// rules (paths of signals, defaults, further variables) hold for both.
/// </summary>
internal sealed class OtlpSettings
{
    /// <summary>Share of decisions that are traced by default if they go to a collector only; a span file gets all.</summary>
    public const double DefaultTraceRatio = 0.01;

    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string Sampler = "OTEL_TRACES_SAMPLER";

    // Any one of these asks for sending.
    private static readonly string[] s_endpoints = [Endpoint, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

    /// <summary>What the options say, and how the configuration fills it in.</summary>
    public OtlpSettings(TelemetryOptions options, IConfiguration configuration)
    {
        var own = new Dictionary<string, string?>
        {
            [Endpoint] = options.OtlpEndpoint,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] =
                options.OtlpProtocol switch { OtlpProtocol.Grpc => "grpc", OtlpProtocol.HttpProtobuf => "http/protobuf", _ => null },
            ["OTEL_METRIC_EXPORT_INTERVAL"] = options.ExportInterval?.ToString(CultureInfo.InvariantCulture),
        };
        Own = [.. own.Where(setting => setting.Value is not null)];
        IsConfigured = options.OtlpEndpoint is not null || s_endpoints.Any(name => !string.IsNullOrWhiteSpace(configuration[name]));
        TraceRatio = options.TraceRatio
            ?? (!string.IsNullOrWhiteSpace(configuration[Sampler]) ? null : options.SpanFile is null ? DefaultTraceRatio : 1);
    }

    /// <summary>What the options say, as OpenTelemetry's variables.</summary>
    public IReadOnlyList<KeyValuePair<string, string?>> Own { get; }

    /// <summary>Whether there is a collector to send to.</summary>
    public bool IsConfigured { get; }

    /// <summary>Share of decisions that are traced; null where OpenTelemetry's own sampler is configured.</summary>
    public double? TraceRatio { get; }
}
