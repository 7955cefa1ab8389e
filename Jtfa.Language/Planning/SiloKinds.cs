namespace Jtfa.Language.Planning;

/// <summary>
/// Silos in kinds: those of a kind take each other's place. A set of silos is then a number of each kind, which is what the solver goes
/// through; many equal silos cost it little. Silos that differ are put together only where there are too many, and a kind is as fast as its
/// slowest.
/// </summary>
internal sealed class SiloKinds
{
    private readonly MeasuredSilos _silos;
    private readonly int[] _weights;

    private SiloKinds(MeasuredSilos silos, IReadOnlyList<IReadOnlyList<SiloSpeed>> kinds, bool isExact)
    {
        (_silos, Kinds, IsExact) = (silos, kinds, isExact);
        _weights = new int[kinds.Count];
        Sets = 1;
        for (var kind = 0; kind < kinds.Count; kind++) (_weights[kind], Sets) = (Sets, Sets * (kinds[kind].Count + 1));
    }

    /// <summary>The silos of each kind.</summary>
    public IReadOnlyList<IReadOnlyList<SiloSpeed>> Kinds { get; }

    /// <summary>Whether all silos of a kind are equal.</summary>
    public bool IsExact { get; }

    /// <summary>How many sets of silos there are, the empty one, number 0, included.</summary>
    public int Sets { get; }

    /// <summary>Puts silos into kinds.</summary>
    /// <param name="silos">The silos.</param>
    /// <param name="starter">The silo that starts, a kind of its own; null: any may.</param>
    /// <param name="mostSets">How many sets there may be.</param>
    public static SiloKinds Of(MeasuredSilos silos, string? starter, int mostSets)
    {
        List<SiloSpeed> left = [.. silos.Silos];
        List<IReadOnlyList<SiloSpeed>> equal = [];
        foreach (var silo in silos.Silos)
        {
            if (!left.Remove(silo)) continue;
            List<SiloSpeed> kind = [silo];
            if (silo.Silo != starter)
                kind.AddRange(left.Where(other => other.Silo != starter && AreEqual(silos, silo, other)).ToList());
            left.RemoveAll(kind.Contains);
            equal.Add(kind);
        }

        // More than 2^30 sets would overflow; long before that there are too many.
        bool IsFew(List<IReadOnlyList<SiloSpeed>> kinds) => kinds.Sum(kind => Math.Log2(kind.Count + 1)) <= Math.Log2(mostSets) + 1e-9;
        if (IsFew(equal)) return new SiloKinds(silos, equal, isExact: true);
        for (var tolerance = 0.05; ; tolerance *= 2)
        {
            int Step(double value) => (int)Math.Floor(Math.Log(Math.Max(value, 1)) / Math.Log(1 + tolerance));
            var near = silos.Silos
                .GroupBy(silo => silo.Silo == starter
                    ? (0, 0, 0)
                    : (1 + Step(silo.ReadBytesPerSecond), Step(silo.ProductsPerSecond), Step(silo.Bytes)))
                .Select(IReadOnlyList<SiloSpeed> (group) => [.. group]).ToList();
            if (IsFew(near) || near.Count <= 2) return new SiloKinds(silos, near, isExact: false);
        }
    }

    /// <summary>How many silos of a kind a set has.</summary>
    public int Count(int set, int kind) => set / _weights[kind] % (Kinds[kind].Count + 1);

    /// <summary>How many silos a set has.</summary>
    public int Count(int set) => Enumerable.Range(0, Kinds.Count).Sum(kind => Count(set, kind));

    /// <summary>The set with one more silo of a kind, a larger number; 0 where there is none left.</summary>
    public int With(int set, int kind) => Count(set, kind) < Kinds[kind].Count ? set + _weights[kind] : 0;

    /// <summary>What every silo of a kind can do at least.</summary>
    public SiloSpeed Least(int kind) => Kinds[kind] is [var only] ? only : new(
        Kinds[kind][0].Silo, Kinds[kind].Min(silo => silo.Bytes), Kinds[kind].Min(silo => silo.ReadBytesPerSecond),
        Kinds[kind].Min(silo => silo.ProductsPerSecond));

    /// <summary>What no silo of a kind exceeds.</summary>
    public SiloSpeed Most(int kind) => Kinds[kind] is [var only] ? only : new(
        Kinds[kind][0].Silo, Kinds[kind].Max(silo => silo.Bytes), Kinds[kind].Max(silo => silo.ReadBytesPerSecond),
        Kinds[kind].Max(silo => silo.ProductsPerSecond));

    /// <summary>Seconds from a silo of one kind to a silo of another, or to another of the same: the longest of all pairs.</summary>
    public double HopSeconds(int from, int to, double bytes)
    {
        var longest = 0.0;
        foreach (var one in Kinds[from])
            foreach (var other in Kinds[to]) longest = Math.Max(longest, _silos.HopSeconds(one.Silo, other.Silo, bytes));
        return longest;
    }

    // Equal in all that they can do, and in their ways to all others and to each other.
    private static bool AreEqual(MeasuredSilos silos, SiloSpeed one, SiloSpeed other) =>
        one with { Silo = other.Silo } == other
        && silos.Silos.Where(third => third != one && third != other).All(third =>
            silos.HopSeconds(one.Silo, third.Silo, 0).Equals(silos.HopSeconds(other.Silo, third.Silo, 0))
            && silos.HopSeconds(one.Silo, third.Silo, 1).Equals(silos.HopSeconds(other.Silo, third.Silo, 1)));
}
