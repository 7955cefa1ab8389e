using FsCheck;
using FsCheck.Fluent;

namespace Jtfa.Core.Tests.Adaptation;

/// <summary>How sure it is that a view is silent.</summary>
public class PhiAccrualTests
{
    private static Gen<int> Seeds { get; } = Gen.Choose(0, int.MaxValue - 1);

    // log10(erfc(z / √2) / 2) of Python's math.erfc.
    [Theory]
    [InlineData(-2.5, -0.0027052313961437317)]
    [InlineData(-2, -0.00999437953410871)]
    [InlineData(-1, -0.07502601295781802)]
    [InlineData(0, -0.3010299956639812)]
    [InlineData(0.5, -0.5106919892652408)]
    [InlineData(1.999, -1.6419855980582176)]
    [InlineData(2, -1.6430160801409368)]
    [InlineData(3, -2.8696990359293686)]
    [InlineData(6, -9.005864327476703)]
    [InlineData(12, -32.750439161191856)]
    [InlineData(30, -197.3092092616609)]
    public void The_tail_of_the_normal_distribution_is_that_of_another_library(double z, double expected) =>
        Assert.Equal(expected, PhiAccrual.LogTail(z), 1e-10 * Math.Max(1, -expected));

    [Fact]
    public void The_longer_the_silence_the_surer_it_is() => Property.Holds(Seeds, seed =>
    {
        var random = new Random(seed);
        var view = new PhiAccrual();
        var at = random.NextDouble() * 1e9;
        for (var i = random.Next(1, 300); i > 0; i--) view.Heard(at += random.NextDouble());
        var (phi, pause) = (0.0, random.NextDouble());
        for (var silence = 0.0; silence < 100; silence += random.NextDouble() * 3)
        {
            var next = view.Phi(at + silence, pause);
            Assert.True(next >= phi && double.IsFinite(next), $"{next} after {phi}");
            Assert.True(view.Phi(at + silence) >= next, "A pause is no reason for doubt.");
            phi = next;
        }

        Assert.True(phi > 8);
        view.Heard(at + 100);
        Assert.True(view.Phi(at + 100) < 1);
    });

    [Fact]
    public void A_view_that_was_heard_in_disorder_is_not_taken_for_irregular()
    {
        var (ordered, disordered) = (new PhiAccrual(), new PhiAccrual());
        for (var i = 0; i < 100; i++)
        {
            ordered.Heard(i * 0.1);
            disordered.Heard(i * 0.1);
            disordered.Heard((i - 2) * 0.1);
        }

        Assert.Equal(ordered.Phi(10.3), disordered.Phi(10.3));
        Assert.Equal(0, new PhiAccrual().Phi(5));
    }

    [Fact]
    public void A_view_that_often_pauses_is_given_longer()
    {
        var (regular, pausing) = (new PhiAccrual(), new PhiAccrual());
        for (var i = 0; i < 200; i++)
        {
            regular.Heard(i * 0.1);
            if (i % 20 < 12) pausing.Heard(i * 0.1);
        }

        Assert.True(regular.Phi(regular.HeardAt + 0.8) > 8);
        Assert.True(pausing.Phi(pausing.HeardAt + 0.8) < 8);
    }
}
