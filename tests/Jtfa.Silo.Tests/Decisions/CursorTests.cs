using Jtfa.Interfaces;

namespace Jtfa.Silo.Tests.Decisions;

public class CursorTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1_780_000_000.1, 1)]
    [InlineData(1_780_000_000.1234567, long.MaxValue)]
    public void A_cursor_is_read_as_it_was_written(double timestamp, long row)
    {
        Assert.True(DecisionCursor.TryParse(new DecisionCursor(timestamp, row).ToString(), out var cursor));
        Assert.Equal((timestamp, row), (cursor.Timestamp, cursor.Row));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("5")]
    [InlineData("5-")]
    [InlineData("-5")]
    [InlineData("-5-5")]
    [InlineData("5--5")]
    [InlineData("5-5-5-5")]
    [InlineData("5-5-")]
    [InlineData("5-5--5")]
    [InlineData("5-5.5")]
    [InlineData("5-99999999999999999999")]
    [InlineData(" 5-5")]
    [InlineData("1e5-3")]
    [InlineData("1,5-3")]
    [InlineData("here-5")]
    [InlineData("NaN-5")]
    [InlineData("Infinity-5")]
    [InlineData("5-5'; DROP TABLE decisions")]
    public void Rubbish_is_no_cursor(string text)
    {
        Assert.False(DecisionCursor.TryParse(text, out _));
        Assert.Contains("cursor=", Assert.Single(new DecisionQuery { Cursor = text }.Faults()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_beyond_all_numbers_is_no_cursor() => Assert.False(DecisionCursor.TryParse(new string('9', 400) + "-1", out _));
}
