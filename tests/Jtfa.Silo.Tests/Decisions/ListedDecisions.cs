using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>Decisions in a list, and queries of it told as plainly as they can be.</summary>
internal static class ListedDecisions
{
    public const double Start = 1_780_000_000;

    public static readonly string[] SceneNames = ["a", "b", "Ω"];

    // In the order of the log, which is not that of firing; many fired at once; some measured nothing. In each clock epoch the same ids and
    // times come again.
    public static List<Decision> Rows(Random random, int count, int epochs = 1)
    {
        var each = count / epochs;
        var rows = Enumerable.Range(0, count).Select(number => (Epoch: number / each, Id: number % each)).Select(row =>
            LogFolder.Decision(
                row.Id, SceneNames[random.Next(3)], pred: random.Next(3), gt: random.Next(-1, 3),
                timestamp: Start + (0.5 * (row.Id / 8))) with
            {
                ClockEpoch = row.Epoch,
                Cause = random.Next(2) == 0 ? FireCause.K : FireCause.T,
                M = random.Next(1, 5),
                Bytes = random.Next(100, 500),
                FillRatio = random.Next(9) == 0 ? double.NaN : random.NextDouble(),
                LatMean = random.Next(9) == 0 ? double.NaN : Math.Exp(-6 * random.NextDouble()),
            }).ToArray();
        for (var from = 0; from < count; from += 20) random.Shuffle(rows.AsSpan(from, Math.Min(20, count - from)));
        return [.. rows];
    }

    public static IEnumerable<Decision> Matching(List<Decision> rows, DecisionQuery query)
    {
        var matching = rows.Where(row =>
            (query.Scene is null || row.Scene == query.Scene)
            && In(row, query.From ?? DateTimeOffset.MinValue, query.To ?? DateTimeOffset.MaxValue)
            && row.Id >= (query.FromId ?? row.Id) && row.Id <= (query.ToId ?? row.Id)
            && row.Cause == (query.Cause ?? row.Cause)
            && row.Pred == (query.Pred ?? row.Pred)
            && (query.Correct is null || (row.Gt >= 0 && row.Pred == row.Gt == query.Correct)));
        return query.OldestFirst
            ? matching.OrderBy(row => (row.ClockEpoch, row.Timestamp))
            : matching.Reverse().OrderByDescending(row => (row.ClockEpoch, row.Timestamp));
    }

    public static DecisionQuery AnyQuery(Random random)
    {
        var (from, to) = (Sometimes(AnyTime(random)), Sometimes(AnyTime(random)));
        var (fromId, toId) = (Sometimes(random.NextInt64(300)), Sometimes(random.NextInt64(300)));
        return new DecisionQuery
        {
            Scene = random.Next(3) switch { 0 => null, 1 => "nowhere", _ => SceneNames[random.Next(3)] } is var scene && scene == "nowhere"
                && random.Next(4) > 0 ? "a" : scene,
            From = from > to ? to : from,
            To = from > to ? from : to,
            FromId = fromId > toId ? toId : fromId,
            ToId = fromId > toId ? fromId : toId,
            Cause = Sometimes(random.Next(2) == 0 ? FireCause.K : FireCause.T),
            Pred = Sometimes(random.Next(3)),
            Correct = Sometimes(random.Next(2) == 0),
            OldestFirst = random.Next(2) == 0,
            Limit = random.Next(3) == 0 ? DecisionQuery.MaxLimit : random.Next(10, 60),
        };

        T? Sometimes<T>(T value)
            where T : struct => random.Next(3) == 0 ? value : null;
    }

    // Upon the times of firing, so that it matters which end belongs to a span.
    public static DateTimeOffset AnyTime(Random random) =>
        DateTimeOffset.FromUnixTimeMilliseconds(((long)Start * 1000) + (500 * random.Next(-2, 40)));

    public static bool In(Decision row, DateTimeOffset from, DateTimeOffset to) =>
        DateTimeOffset.FromUnixTimeMilliseconds((long)(row.Timestamp * 1000)) is var fired && fired >= from && fired < to;

    public static IEnumerable<(string Scene, int Epoch, long Id)> Keys(IEnumerable<Decision> decisions) =>
        decisions.Select(decision => (decision.Scene, decision.ClockEpoch, decision.Id));
}
