using Jtfa.Language.Planning;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Tests.Planning;

/// <summary>The probe of what a silo can do.</summary>
public sealed class SiloProbeTests
{
    [Theory]
    [InlineData("Q4_0"), InlineData("F32"), InlineData("Q3H_B64")]
    public void A_speed_is_measured_in_every_kind_of_format(string format)
    {
        var (read, products) = SiloProbe.Measure(
            WeightFormat.Find(format)!, 1, 8 << 20, TimeProvider.System, TestContext.Current.CancellationToken);

        // From a small board that is busy with other things to faster than any.
        Assert.InRange(read, 1e6, 1e13);
        Assert.InRange(products, 1e6, 1e15);
    }
}
