namespace Jtfa.Language.Planning;

/// <summary>One silo's share of the tensors of every block of a stage.</summary>
/// <param name="Silo">The silo.</param>
/// <param name="FirstHead">Its first head of keys and values.</param>
/// <param name="Heads">How many; columns of the feed-forward networks are shared in proportion.</param>
internal sealed record SiloShare(SiloSpeed Silo, int FirstHead, int Heads);

/// <summary>
/// Silos that share the tensors of a stage, taken for one silo: as fast as the one whose share takes longest, and with a sum over all of
/// them after every part of a block. The first collects the parts and tells the sum, which takes a round trip.
/// </summary>
internal static class SharedStages
{
    /// <summary>Silos up to which sharing is tried in all ways: 52 for five.</summary>
    private const int MostSilos = 5;

    private const string And = " & ";

    /// <summary>The silos as they are, then with those taken for one that may share stages; with each the name of the starter.</summary>
    public static IEnumerable<(MeasuredSilos Silos, string? Starter)> Groupings(
        ModelCost cost, MeasuredSilos silos, PlanRequest request)
    {
        yield return (silos, request.Starter);
        if (!request.MayShare || silos.Silos.Count is 1 or > MostSilos || cost.Heads / cost.HeadStep < 2) yield break;
        foreach (var groups in Partitions([.. silos.Silos]))
        {
            if (groups.All(group => group.Count == 1) || groups.Any(group => group.Count > cost.Heads / cost.HeadStep)) continue;
            var (merged, starter) = (new List<SiloSpeed>(), (string?)null);
            foreach (var group in groups)
            {
                var ordered = group.OrderByDescending(silo => silo.Silo == request.Starter).ToList();
                merged.Add(ordered.Count == 1 ? ordered[0] : Shared(cost, silos, ordered, Split(cost, request, ordered)));
                if (ordered[0].Silo == request.Starter) starter = merged[^1].Silo;
            }

            yield return (silos with { Silos = merged, Links = LinksOf(silos, merged) }, starter);
        }
    }

    /// <summary>Takes some silos for one, with given shares, and leaves the others as they are.</summary>
    /// <param name="cost">The model.</param>
    /// <param name="silos">All silos.</param>
    /// <param name="groups">Those that share stages, with their heads.</param>
    /// <returns>The silos, of which those that share have the name of <see cref="NameOf"/>.</returns>
    public static MeasuredSilos With(
        ModelCost cost, MeasuredSilos silos, IEnumerable<IReadOnlyList<(SiloSpeed Silo, int Heads)>> groups)
    {
        List<SiloSpeed> merged = [.. silos.Silos];
        merged.AddRange(groups.Select(group =>
            Shared(cost, silos, [.. group.Select(each => each.Silo)], [.. group.Select(each => each.Heads)])));
        return silos with { Silos = merged, Links = LinksOf(silos, merged) };
    }

    /// <summary>The name of several silos.</summary>
    public static string NameOf(IEnumerable<string> silos) => string.Join(And, silos);

    private static SiloSpeed Shared(
        ModelCost cost, MeasuredSilos silos, List<SiloSpeed> group, int[] heads)
    {
        var (shares, next) = (new List<SiloShare>(), 0);
        for (var i = 0; i < group.Count; i++)
        {
            shares.Add(new(group[i], next, heads[i]));
            next += heads[i];
        }

        var (roundTrip, bytesPerSecond) = (0.0, double.MaxValue);
        foreach (var other in group.Skip(1))
        {
            var (none, some) = (silos.HopSeconds(group[0].Silo, other.Silo, 0), silos.HopSeconds(group[0].Silo, other.Silo, 1e6));
            roundTrip = Math.Max(roundTrip, 2 * none);
            bytesPerSecond = Math.Min(bytesPerSecond, 1e6 / Math.Max(some - none, 1e-12));
        }

        // What counts is the share that takes longest: the whole of it in proportion.
        return new SiloSpeed(
            NameOf(group.Select(silo => silo.Silo)), group.Sum(silo => silo.Bytes),
            shares.Min(share => share.Silo.ReadBytesPerSecond * cost.Heads / share.Heads),
            shares.Min(share => share.Silo.ProductsPerSecond * cost.Heads / share.Heads))
        {
            Shares = shares,
            Sums = new(group[0].Silo, group[^1].Silo, roundTrip, bytesPerSecond),
        };
    }

    // Every silo a step of heads, then one step after the other to the silo that would be done first.
    private static int[] Split(ModelCost cost, PlanRequest request, List<SiloSpeed> group)
    {
        var rows = PlanEstimate.SequencesOf(request);
        double[] seconds = [.. group.Select(silo => new StageTimes(cost, silo, request, rows).Seconds(0, cost.Blocks, false))];
        int[] heads = [.. group.Select(_ => cost.HeadStep)];
        while (cost.Heads - heads.Sum() >= cost.HeadStep)
            heads[Enumerable.Range(0, group.Count).MinBy(i => (heads[i] + cost.HeadStep) * seconds[i])] += cost.HeadStep;
        heads[^1] += cost.Heads - heads.Sum(); // behind the last border there is none
        return heads;
    }

    private static List<SiloLink> LinksOf(MeasuredSilos silos, List<SiloSpeed> merged)
    {
        static IEnumerable<string> Members(SiloSpeed silo) =>
            silo.Shares.Count == 0 ? [silo.Silo] : silo.Shares.Select(share => share.Silo.Silo);
        var links = new List<SiloLink>();
        for (var i = 0; i < merged.Count; i++)
        {
            for (var j = i + 1; j < merged.Count; j++)
            {
                var (none, some) = (0.0, 0.0);
                foreach (var from in Members(merged[i]))
                {
                    foreach (var to in Members(merged[j]))
                    {
                        none = Math.Max(none, silos.HopSeconds(from, to, 0));
                        some = Math.Max(some, silos.HopSeconds(from, to, 1e6));
                    }
                }

                links.Add(new(merged[i].Silo, merged[j].Silo, 2 * none, 1e6 / Math.Max(some - none, 1e-12)));
            }
        }

        return links;
    }

    private static IEnumerable<List<List<SiloSpeed>>> Partitions(List<SiloSpeed> silos)
    {
        if (silos.Count == 0)
        {
            yield return [];
            yield break;
        }

        foreach (var rest in Partitions(silos[1..]))
        {
            yield return [[silos[0]], .. rest];
            for (var i = 0; i < rest.Count; i++) yield return [[silos[0], .. rest[i]], .. rest[..i], .. rest[(i + 1)..]];
        }
    }
}
