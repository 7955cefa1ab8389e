using Jtfa.Interfaces;
using OpenTelemetry.Trace;

namespace Jtfa.Silo.Telemetry;

/// <summary>Traces a share of what happens all the time, and every change of policy.</summary>
internal sealed class SpanSampler(double ratio) : Sampler
{
    private readonly TraceIdRatioBasedSampler _share = new(ratio);

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        samplingParameters.Name == JtfaNames.PolicySpan
            ? new SamplingResult(SamplingDecision.RecordAndSample)
            : _share.ShouldSample(samplingParameters);
}
