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
        Hear(0, DecisionFeed.Capacity + 100);
        Assert.Null(_feed.From(99, 1));
        Assert.Equal(100, _feed.From(100, 1)![0].Decision.Id);
        Assert.Null(_feed.After(new DecisionPosition(99, 0)));
        Assert.Equal(101, _feed.After(new DecisionPosition(100, 0)));
        Assert.Equal(DecisionFeed.Capacity, _feed.From(100, int.MaxValue)!.Count);
    }

    [Fact]
    public void What_is_delivered_again_changes_nothing()
    {
        Hear(0, 10);
        Hear(4, 3);
        Assert.Equal(10, _feed.Next);
        Assert.Equal(5, _feed.After(new DecisionPosition(4, 0)));
    }

    [Theory]
    [InlineData(12, 7)] // one did not come
    [InlineData(10, 8)] // another activation of the scene went on
    public void Where_one_did_not_come_all_before_is_left_to_the_log(long next, long activation)
    {
        Hear(0, 10);

        _feed.Take(HttpSilo.Made(next) with { Activation = activation, Number = activation == 7 ? next + 1 : 1 });

        Assert.Null(_feed.From(10, 1)); // a reader that had read all of it
        Assert.Null(_feed.After(new DecisionPosition(9, 0))); // one that comes back
        Assert.Equal(next, _feed.From(_feed.Next - 1, 1)![0].Decision.Id);
    }

    [Theory]
    [InlineData(7, 10)] // what it has
    [InlineData(7, 8)] // more has come since the scene answered
    [InlineData(6, 50)] // an activation that has gone
    public void A_scene_that_has_published_no_more_than_it_has_changes_nothing(long activation, long number)
    {
        Hear(0, 10);

        _feed.Compare(new PublishedMark(activation, number));

        Assert.Equal(10, _feed.After(new DecisionPosition(9, 0)));
    }

    [Theory]
    [InlineData(7, 6)]
    [InlineData(8, 2)] // another activation of the scene went on
    public void What_is_published_before_the_first_comes_is_missed_as_well(long activation, long number)
    {
        _feed.Compare(new PublishedMark(7, 4));
        Assert.Equal(0, _feed.Next);

        _feed.Take(HttpSilo.Made(11) with { Activation = activation, Number = number });

        Assert.Null(_feed.From(0, 1)); // a reader that was there from the start
        Assert.Equal(11, _feed.From(_feed.Next - 1, 1)![0].Decision.Id);
    }

    [Fact]
    public void What_comes_right_after_what_was_published_is_the_first()
    {
        _feed.Compare(new PublishedMark(7, 4));
        _feed.Take(HttpSilo.Made(3) with { Activation = 7, Number = 4 }); // published before, and in the log

        _feed.Take(HttpSilo.Made(11) with { Activation = 7, Number = 5 });

        Assert.Equal(11, Assert.Single(_feed.From(0, 10)!).Decision.Id);
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
        Assert.Null(_feed.After(new DecisionPosition(9, 0))); // one that comes back
        await news; // readers look into the log at once

        var next = _feed.Next;
        _feed.Compare(new PublishedMark(activation, number));
        Assert.Equal(next, _feed.Next); // told again, it is nothing new
    }

    private void Hear(long from, int count)
    {
        for (var id = from; id < from + count; id++) _feed.Take(HttpSilo.Made(id) with { Activation = 7, Number = id + 1 });
    }
}
