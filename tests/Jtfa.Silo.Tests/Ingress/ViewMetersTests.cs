using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Silo.Ingress;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>A scene's views together: who is told of, and that nobody fills the memory.</summary>
public class ViewMetersTests
{
    private const int Most = 2 * ScenePolicy.MaxViews;
    private const double Start = 1_800_000_000;

    [Fact]
    public void Only_views_that_sent_something_since_are_told_of()
    {
        var meters = new ViewMeters();
        Assert.Empty(meters.Take());
        Count(meters, 1, Start);
        Count(meters, 2, Start + 1);
        Count(meters, 1, Start + 2);

        Assert.Equal([(1, 2L, Start + 2), (2, 1L, Start + 1)], meters.Take().Select(view => (view.View, view.Tokens, view.LastTokenAt)));
        Assert.Empty(meters.Take());
        Count(meters, 2, Start + 3);
        Assert.Equal([(2, 2L, Start + 3)], meters.Take().Select(view => (view.View, view.Tokens, view.LastTokenAt)));
    }

    [Fact]
    public void Invented_views_displace_nobody_who_sends()
    {
        var meters = new ViewMeters();
        for (var view = 0; view < 100_000; view++) Count(meters, view, Start + (view * 1e-4));

        Assert.Equal(Enumerable.Range(0, Most), meters.Take().Select(view => view.View).Order());
    }

    [Fact]
    public void Who_has_been_silent_for_a_minute_makes_room()
    {
        var meters = new ViewMeters();
        for (var view = 0; view < Most; view++) Count(meters, view, Start + (view * 1e-3));
        Count(meters, 7777, Start + 59.9);
        Assert.DoesNotContain(7777, meters.Take().Select(view => view.View));

        Count(meters, 7777, Start + 60.0005); // view 0 has been silent for longer, view 1 has not
        Count(meters, 8888, Start + 60.0005);
        for (var view = 0; view < Most; view++) Count(meters, view, Start + 60.0006);

        var told = meters.Take();
        Assert.Equal(Enumerable.Range(1, Most - 1).Append(7777), told.Select(view => view.View).Order());
        Assert.Equal(1, told.Single(view => view.View == 7777).Tokens);
        Assert.Equal(2, told.Single(view => view.View == 1).Tokens);
    }

    [Fact]
    public void A_token_allocates_nothing_be_its_view_known_or_invented()
    {
        var meters = new ViewMeters();
        for (var view = 0; view < Most; view++) Count(meters, view, Start);
        var (known, invented) = (long.MaxValue, long.MaxValue);
        for (var round = 0; round < 5; round++) // some compile, for which the runtime allocates
        {
            known = Math.Min(known, AllocatedBy(view => Count(meters, view % Most, Start + 1, view)));
            invented = Math.Min(invented, AllocatedBy(view => Count(meters, Most + view, Start + 2, view)));
        }

        Assert.Equal((0, 0), (known, invented));
    }

    private static long AllocatedBy(Action<int> count)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++) count(i);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void Count(ViewMeters meters, int view, double now, long? sequence = null) =>
        meters.Count(new TokenPacket { Timestamp = now, View = view, Sequence = sequence }, bytes: 100, now, tooLong: 0.12, out _);
}
