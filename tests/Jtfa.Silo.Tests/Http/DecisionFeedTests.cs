using Jtfa.Interfaces;
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

    [Theory]
    [InlineData(7, 10)] // what it has
    [InlineData(7, 8)] // some of it is on its way while the scene answers
    [InlineData(6, 50)] // an activation that has gone
    public void A_scene_that_has_published_no_more_than_it_has_changes_nothing(long activation, long number)
    {
        Hear(0, 10);

        _feed.Compare(new PublishedMark(activation, number));

        Assert.Equal(10, _feed.After(9));
    }

    [Theory(Timeout = 30_000)]
    [InlineData(7, 11)]
    [InlineData(8, 1)] // another activation of the scene went on
    public async Task A_scene_that_has_published_what_it_did_not_hand_over_is_left_to_the_log(long activation, long number)
    {
        Hear(0, 10);
        var news = _feed.WaitAsync(_feed.Next);

        _feed.Compare(new PublishedMark(activation, number));

        Assert.Null(_feed.From(10, 1)); // a reader that had read all of it
        Assert.Null(_feed.After(9)); // one that comes back
        await news; // readers look into the log at once
    }

    private void Hear(long from, int count)
    {
        for (var id = from; id < from + count; id++) _feed.Take(HttpSilo.Made(id) with { Activation = 7, Number = id + 1 });
    }
}
