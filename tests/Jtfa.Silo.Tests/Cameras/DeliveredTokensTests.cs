using Jtfa.Core;
using Jtfa.Silo.Cameras;

namespace Jtfa.Silo.Tests.Cameras;

/// <summary>What a camera knows, by receipts, of the tokens that came.</summary>
public sealed class DeliveredTokensTests
{
    private readonly DeliveredTokens _delivered = new();

    [Fact]
    public void Between_two_receipts_what_was_sent_and_what_came_is_known()
    {
        Take(sequence: 10, got: 7);
        Assert.Equal((0, 0), (_delivered.Known, _delivered.Arrived));
        Take(20, 15);
        Take(22, 17);
        Assert.Equal((12, 10), (_delivered.Known, _delivered.Arrived));
    }

    [Fact]
    public void Every_second_token_of_a_link_that_loses_every_fifth_says_a_fifth()
    {
        var got = 0L;
        for (var sequence = 0; sequence < 10_000; sequence++)
        {
            if (sequence % 5 == 3) continue;
            got++;
            if (sequence % 2 == 0) Take(sequence, got);
        }

        Assert.Equal(0.2, 1 - ((double)_delivered.Arrived / _delivered.Known), 0.001);
    }

    [Fact]
    public void A_count_that_begins_again_a_gateway_that_does_and_a_receipt_that_was_overtaken_lose_nothing()
    {
        Take(1, ReceiptCodec.Counts - 1);
        Take(3, 1); // the count has begun again
        Assert.Equal((2, 2), (_delivered.Known, _delivered.Arrived));
        Take(2, 0);
        Take(10, 1_000_000); // of a gateway that has heard of an earlier run
        Take(12, 3); // of one that was started anew
        Take(14, 5);
        Assert.Equal((4, 4), (_delivered.Known, _delivered.Arrived));
        Take(16, 8); // a copy was made on the way
        Assert.Equal((6, 6), (_delivered.Known, _delivered.Arrived));
    }

    [Fact]
    public void A_gateway_that_does_not_tell_is_not_counted_and_another_gateway_begins_anew()
    {
        _delivered.Take(new Receipt(0, 1, null));
        _delivered.Take(new Receipt(0, 5, null));
        Take(6, 1);
        _delivered.Reset();
        Take(9, 3);
        Assert.Equal((0, 0), (_delivered.Known, _delivered.Arrived));
    }

    [Fact]
    public void Tokens_that_came_late_are_counted_with_those_that_came()
    {
        _delivered.Take(new Receipt(0, 10, null, 10, ReceiptCodec.Counts - 2));
        _delivered.Take(new Receipt(0, 20, null, 18, 1));
        Assert.Equal((10, 8, 3), (_delivered.Known, _delivered.Arrived, _delivered.Late));
        _delivered.Take(new Receipt(0, 30, null, 28));
        Assert.Equal((20, 18, 3), (_delivered.Known, _delivered.Arrived, _delivered.Late));
    }

    private void Take(long sequence, long got) => _delivered.Take(new Receipt(0, sequence, null, got));
}
