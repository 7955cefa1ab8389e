using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Jtfa.Silo.Telemetry;

namespace Jtfa.Silo.Tests.Telemetry;

/// <summary>The rules of OpenTelemetry's Prometheus compatibility.</summary>
public sealed partial class PrometheusNamesTests
{
    [Theory]
    [InlineData("jtfa.ingress.received", "{datagram}", "counter", "jtfa_ingress_received_total")]
    [InlineData("jtfa.ingress.pending", "{token}", "gauge", "jtfa_ingress_pending")]
    [InlineData("jtfa.fire.latency", "s", "histogram", "jtfa_fire_latency_seconds")]
    [InlineData("dotnet.process.cpu.time", "s", "counter", "dotnet_process_cpu_time_seconds_total")]
    [InlineData("dotnet.process.memory.working_set", "By", "gauge", "dotnet_process_memory_working_set_bytes")]
    [InlineData("fill", "1", "gauge", "fill_ratio")]
    [InlineData("fill.ratio", "1", "gauge", "fill_ratio")]
    [InlineData("fill", "1", "histogram", "fill")]
    [InlineData("hits", "1", "counter", "hits_total")]
    [InlineData("load", "%", "gauge", "load_percent")]
    [InlineData("hits_total", "", "counter", "hits_total")]
    [InlineData("waited.total", "s", "counter", "waited_seconds_total")]
    [InlineData("waited_seconds", "s", "counter", "waited_seconds_total")]
    [InlineData("seconds", "s", "gauge", "seconds")]
    [InlineData("milliseconds", "s", "gauge", "milliseconds_seconds")]
    [InlineData("flow", "m/s", "gauge", "flow_meters_per_second")]
    [InlineData("flow", "{token}/s", "gauge", "flow_per_second")]
    [InlineData("flow", "By/{token}", "gauge", "flow_bytes")]
    [InlineData("heat", "k.X", "gauge", "heat_k_X")]
    [InlineData("a.-b  c", "", "gauge", "a_b_c")]
    [InlineData("3rd", "", "gauge", "_3rd")]
    [InlineData("a:b", "", "gauge", "a:b")]
    [InlineData("a.", "", "counter", "a_total")]
    [InlineData("ü", "", "gauge", "_")]
    [InlineData("", "", "gauge", "_")]
    public void A_family_is_named_by_the_rules(string name, string unit, string type, string expected) =>
        Assert.Equal(expected, PrometheusNames.Family(name, unit, type));

    [Fact]
    public void Any_name_and_unit_give_a_valid_name_and_a_counter_one_total() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(ArbMap.Default.ArbFor<string?>(), ArbMap.Default.ArbFor<string?>(), (name, unit) =>
        {
            foreach (var type in new[] { "counter", "gauge", "histogram" })
            {
                var family = PrometheusNames.Family(name ?? "", unit ?? "", type);
                Assert.Matches(Name(), family);
                if (type == "counter") Assert.EndsWith("_total", family, StringComparison.Ordinal);
                Assert.DoesNotContain("_total_total", family.Replace($"_{unit}", "", StringComparison.Ordinal), StringComparison.Ordinal);
            }
        }));

    [Fact]
    public void Attributes_that_become_one_label_are_put_together() =>
        Assert.Equal("a_b=\"2;1;3\",c=\"4\"", PrometheusNames.Labels([new("a.b", 1), new("a-b", 2), new("a_b", 3), new("c", 4)]));

    [Fact]
    public void Label_names_have_no_colons() => Assert.Equal("a_b=\"1\"", PrometheusNames.Labels([new("a:b", 1)]));

    [GeneratedRegex("^[a-zA-Z_:][a-zA-Z0-9_:]*$")]
    private static partial Regex Name();
}
