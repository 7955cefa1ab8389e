using Jtfa.Silo.Telemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo.Tests.Telemetry;

public sealed class TelemetryOptionsTests
{
    [Fact]
    public void What_is_left_out_has_no_faults() => Assert.Empty(new TelemetryOptions().Faults());

    [Theory]
    [InlineData("OtlpEndpoint", "collector:4317", "OtlpEndpoint='collector:4317'")]
    [InlineData("OtlpEndpoint", "", "OtlpEndpoint=''")]
    [InlineData("ExportInterval", "99", "ExportInterval=99: allowed is 100 … 3600000 ms")]
    [InlineData("TraceRatio", "1.5", "TraceRatio=1.5: allowed is 0 … 1")]
    [InlineData("TraceRatio", "NaN", "TraceRatio=NaN")]
    [InlineData("OtlpProtocol", "7", "OtlpProtocol=7: allowed is Grpc, HttpProtobuf")]
    [InlineData("SpanFile", "", "SpanFile='': allowed is a file's path")]
    [InlineData("OltpEndpoint", "http://collector", "Jtfa:Telemetry:OltpEndpoint: there is no such setting")]
    public void A_silo_is_not_made_with_a_fault(string key, string value, string says)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection([new($"Jtfa:Telemetry:{key}", value)]);
        var fault = Assert.Throws<OptionsValidationException>(builder.AddJtfaSilo);
        Assert.Contains(says, Assert.Single(fault.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public void Ours_wins_over_OpenTelemetrys()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var configuration = builder.Configuration;
        configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://theirs",
            ["OTEL_EXPORTER_OTLP_TIMEOUT"] = "7",
            ["OTEL_TRACES_SAMPLER"] = "always_on",
        });

        var settings = new OtlpSettings(new TelemetryOptions { OtlpEndpoint = "http://ours", TraceRatio = 0.5 }, configuration);
        Assert.Equal((true, 0.5), (settings.IsConfigured, settings.TraceRatio));
        Assert.True(new OtlpSettings(new TelemetryOptions(), configuration).IsConfigured);
        Assert.Null(new OtlpSettings(new TelemetryOptions(), configuration).TraceRatio);
        var none = new OtlpSettings(new TelemetryOptions(), new ConfigurationBuilder().Build());
        Assert.Equal((false, OtlpSettings.DefaultTraceRatio), (none.IsConfigured, none.TraceRatio));
        Assert.Equal(1, new OtlpSettings(new TelemetryOptions { SpanFile = "spans.jsonl" }, new ConfigurationBuilder().Build()).TraceRatio);
        Assert.Null(new OtlpSettings(new TelemetryOptions { SpanFile = "spans.jsonl" }, configuration).TraceRatio);

        builder.AddJtfaTelemetry(new TelemetryOptions { OtlpEndpoint = "http://ours" });
        Assert.Equal(("http://ours", "7"), (configuration["OTEL_EXPORTER_OTLP_ENDPOINT"], configuration["OTEL_EXPORTER_OTLP_TIMEOUT"]));
    }
}
