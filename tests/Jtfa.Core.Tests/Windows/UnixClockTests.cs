using System.Globalization;
using Microsoft.Extensions.Time.Testing;

namespace Jtfa.Core.Tests.Windows;

public class UnixClockTests
{
    [Theory]
    [InlineData("1970-01-01T00:00:00Z", 0)]
    [InlineData("2026-11-21T10:00:00.25Z", 1_795_255_200.25)]
    [InlineData("1969-12-31T23:59:59.5Z", -0.5)]
    public void Times_are_seconds_since_1970(string utc, double seconds) =>
        Assert.Equal(seconds, new FakeTimeProvider(DateTimeOffset.Parse(utc, CultureInfo.InvariantCulture)).UnixSeconds());
}
