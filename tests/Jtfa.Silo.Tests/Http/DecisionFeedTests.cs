using Jtfa.Silo.Http;

namespace Jtfa.Silo.Tests.Http;

/// <summary>What a scene's feed keeps, and how it knows that something did not come.</summary>
public class DecisionFeedTests
{
    private readonly DecisionFeed _feed = new(HttpSilo.Scene, TimeProvider.System);

    [Fact]
    public void It_keeps_the_last_and_knows_each_ones_place()
    {
        Hear(0, DecisionFeed.Kept + 100);
        Assert.Null(_feed.From(99, 1));
        Assert.Equal(100, _feed.From(100, 1)![0].Decision.Id);
        Assert.Null(_feed.After(99));
        Assert.Equal(101, _feed.After(100));
        Assert.Equal(DecisionFeed.Kept, _feed.From(100, int.MaxValue)!.Count);
    }

    [Fact]
    public void What_is_delivered_again_changes_nothing()
    {
        Hear(0, 10);
        Hear(4, 3);
        Assert.Equal(10, _feed.Next);
        Assert.Equal(5, _feed.After(4));
    }

    [Theory]
    [InlineData(12, 7)] // one did not come
    [InlineData(10, 8)] // another activation of the scene went on
    public void Where_one_did_not_come_all_before_is_left_to_the_log(long next, long activation)
    {
        Hear(0, 10);

        _feed.Take(HttpSilo.Made(next) with { Activation = activation, Number = activation == 7 ? next + 1 : 1 });

        Assert.Null(_feed.From(10, 1)); // a reader that had read all of it
        Assert.Null(_feed.After(9)); // one that comes back
        Assert.Equal(next, _feed.From(_feed.Next - 1, 1)![0].Decision.Id);
    }

    private void Hear(long from, int count)
    {
        for (var id = from; id < from + count; id++) _feed.Take(HttpSilo.Made(id) with { Activation = 7, Number = id + 1 });
    }
}
