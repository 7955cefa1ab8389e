using FsCheck;
using FsCheck.Fluent;
using Jtfa.Experiments.Vectors;

namespace Jtfa.Experiments.Tests;

/// <summary>One vector to be sent.</summary>
internal sealed record VectorCase(VectorKind What, VectorFormat Format, int View, long Moment, double Timestamp, int Label, float[] Values)
{
    /// <summary>Vectors of all lengths, those whose chunks are just full among them.</summary>
    public static Gen<VectorCase> Any { get; } =
        from what in Gen.Elements(VectorKind.Penultimate, VectorKind.FeatureMap)
        from format in Gen.Elements(VectorFormat.Int8, VectorFormat.Fp32)
        from view in Gen.Choose(0, int.MaxValue - 1)
        from moment in ArbMap.Default.GeneratorFor<long>()
        from timestamp in Gen.Choose(0, int.MaxValue - 1)
        from label in Gen.Choose(-1, 9)
        from length in Gen.OneOf(Gen.Choose(1, 1024), Gen.Elements(1, 48, 338, 339, 576, 676, 677, 1014, 1015, 1024))
        from seed in Gen.Choose(0, 1_000_000)
        select new VectorCase(what, format, view, moment, timestamp / 1.7, label, Numbers(length, seed));

    /// <summary>Numbers in a full chunk: 1,400 bytes less 46 of the header, 1 or 4 bytes each.</summary>
    public int PerChunk => Format == VectorFormat.Int8 ? 1354 : 338;

    public string Name =>
        $"{(What == VectorKind.Penultimate ? "penultimate" : "feature-map")}-{(Format == VectorFormat.Int8 ? "int8" : "fp32")}";

    /// <summary>Checks a statement for many generated cases; a failure says which case broke it and how to replay it.</summary>
    public static void Holds<T>(Gen<T> cases, Action<T> statement, int runs = 300) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(runs), Prop.ForAll(cases.ToArbitrary(), statement));

    public List<byte[]> Cut()
    {
        var cutter = new VectorCutter(What, Format, View);
        var count = cutter.Cut(Values, Moment, Timestamp, Label);
        return [.. Enumerable.Range(0, count).Select(i => cutter.Datagram(i).ToArray())];
    }

    private static float[] Numbers(int length, int seed)
    {
        var random = new Random(seed);
        var numbers = new float[length];
        for (var i = 0; i < length; i++) numbers[i] = (float)((random.NextDouble() - 0.5) * 20);
        return numbers;
    }
}
