using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Grains.Tests;

/// <summary>A decision as a window reports it.</summary>
internal static class SampleDecision
{
    /// <summary>A decision for class 1 of three views.</summary>
    public static Decision Create(TestSilo silo, long id, int gt) => At(silo.Now, id, gt);

    /// <summary>One that fires at a moment, in seconds since 1970.</summary>
    public static Decision At(double now, long id, int gt) => new()
    {
        Scene = TestSilo.SceneName,
        Id = id,
        Timestamp = now,
        Cause = FireCause.K,
        M = 3,
        FillRatio = 0.75,
        Bytes = 300,
        LatMean = 0.02,
        P50 = 0.02,
        P90 = 0.03,
        P99 = 0.03,
        TailFactor = 1.5,
        Pred = 1,
        Gt = gt,
        Confidence = 0.9,
        Views = [0, 1, 2],
        DueAt = now,
    };
}
