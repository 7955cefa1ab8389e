namespace Jtfa.Silo.Telemetry;

/// <summary>
/// Where a silo's metrics and traces go (configuration section <c>Jtfa:Telemetry</c>). What is null here is as OpenTelemetry's own
/// <c>OTEL_…</c> variables say, and else as OpenTelemetry has it by default.
/// </summary>
public sealed class TelemetryOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Jtfa:Telemetry";

    /// <summary>
    /// URL of an OpenTelemetry collector (OTLP), without the path of a signal; null and no such variable: nothing is sent.
    /// </summary>
    public string? OtlpEndpoint { get; init; }

    /// <summary>What the collector speaks there.</summary>
    public OtlpProtocol? OtlpProtocol { get; init; }

    /// <summary>How often metrics are sent, milliseconds.</summary>
    public int? ExportInterval { get; init; }

    /// <summary>Share of decisions, commits and tokens of cameras that are traced, 0 … 1; changes of policy always are.</summary>
    public double? TraceRatio { get; init; }

    /// <summary>File that traces are appended to, a line of JSON each; null: none.</summary>
    public string? SpanFile { get; init; }

    /// <summary>What is wrong, one line a fault; empty when all is valid.</summary>
    public IEnumerable<string> Faults()
    {
        if (OtlpEndpoint is not null && !(Uri.TryCreate(OtlpEndpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            yield return $"{Section}:OtlpEndpoint='{OtlpEndpoint}': allowed is an http:// or https:// URL";
        if (OtlpProtocol is { } protocol && !Enum.IsDefined(protocol))
            yield return $"{Section}:OtlpProtocol={protocol}: allowed is {string.Join(", ", Enum.GetNames<OtlpProtocol>())}";
        if (ExportInterval is < 100 or > 3_600_000) yield return $"{Section}:ExportInterval={ExportInterval}: allowed is 100 … 3600000 ms";
        if (SpanFile is not null && string.IsNullOrWhiteSpace(SpanFile))
            yield return $"{Section}:SpanFile='{SpanFile}': allowed is a file's path";
        if (TraceRatio is { } ratio && !(ratio is >= 0 and <= 1)) yield return $"{Section}:TraceRatio={ratio}: allowed is 0 … 1";
    }
}

/// <summary>How OTLP is sent.</summary>
public enum OtlpProtocol
{
    /// <summary>gRPC, by default on port 4317.</summary>
    Grpc,

    /// <summary>Protobuf over HTTP, by default on port 4318.</summary>
    HttpProtobuf,
}
