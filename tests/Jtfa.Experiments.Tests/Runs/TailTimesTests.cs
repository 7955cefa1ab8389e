using System.Text.Json;
using Jtfa.Experiments.Nodes;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Runs;
using Jtfa.Experiments.Windows;

namespace Jtfa.Experiments.Tests.Runs;

public sealed class TailTimesTests
{
    [Fact]
    public void Stages_add_up_from_the_tick_to_the_log()
    {
        // Decision 7 was opened by view 2: due at 0, captured at 1 ms, and so on; view 0 came first to the relay's log, but opened nothing.
        var times = new TailTimes(
            [Token(view: 2, start: 0, captured: 0.001, inferred: 0.003, end: 0.0035), Token(view: 0, start: 0, captured: 0.5, inferred: 0.5,
                end: 0.5)],
            new Arrivals([Arrival(2, 0.0075), Arrival(2, 0.009), Arrival(0, 0.001)]),
            [Commit(0.001, 0.002), Commit(0.060, 0.064), Commit(0.110, 0.120)]);

        var values = times.Values([Decision(openedBy: 2, start: 0.008, due: 0.020, fired: 0.0202, end: 0.0212)]);

        Assert.Equal([1, 2, 0.5, 4, 0.5, 12, 0.2, 1, 42.8], Stages.All.Select(stage => Math.Round(values[ValueNames.StageP50(stage)], 6)));
        Assert.Equal(
            Stages.All.Select(stage => values[ValueNames.StageP50(stage)]), Stages.All.Select(stage => values[ValueNames.Slowest(stage)]));
        Assert.Equal(64, Stages.All.Sum(stage => values[ValueNames.Middle(stage)]), 6);
    }

    [Fact]
    public void A_gateway_that_was_faster_than_the_relays_clock_leaves_no_negative_time()
    {
        var times = new TailTimes([Token(1, 0, 0.001, 0.002, 0.003)], new Arrivals([Arrival(1, 0.0062)]), [Commit(0.02, 0.03)]);

        var values = times.Values([Decision(openedBy: 1, start: 0.006, due: 0.007, fired: 0.008, end: 0.009)]);

        Assert.Equal(0, values[ValueNames.StageP50(Stages.KernelQueue)]);
        Assert.Equal(3, values[ValueNames.StageP50(Stages.Link)], 6);
    }

    [Fact]
    public void Decisions_of_which_something_is_not_known_are_left_out()
    {
        var times = new TailTimes([Token(1, 0, 0.001, 0.002, 0.003)], new Arrivals([Arrival(1, 0.006)]), [Commit(0.02, 0.03)]);

        Assert.Equal(0, times.Values([Decision(3, 0.006, 0.007, 0.008, 0.009)])[ValueNames.Decisions]); // no such token
        Assert.Equal(0, times.Values([Decision(1, 0.006, 0.007, 0.008, 0.5)])[ValueNames.Decisions]); // not committed yet
    }

    private static Span Token(int view, double start, double captured, double inferred, double end) => new(
        "token", start, end, Tags(("view", view), ("decision", 7)), new Dictionary<string,
        double>
        { ["captured"] = captured, ["inferred"] = inferred });

    private static Span Decision(int openedBy, double start, double due, double fired, double end) => new(
        "decision", start, end, Tags(("opened_by", openedBy), ("decision", 7)), new Dictionary<string,
        double>
        { ["due"] = due, ["fired"] = fired });

    private static Span Commit(double start, double end) => new("commit log", start, end, Tags(), new Dictionary<string, double>());

    private static Dictionary<string, JsonElement> Tags(params (string Name, long Value)[] tags) =>
        tags.ToDictionary(tag => tag.Name, tag => JsonSerializer.SerializeToElement(tag.Value));

    private static Arrival Arrival(int view, double receivedAt) => new("", view, 7, 0, receivedAt, -1, 100, new float[1]);
}
