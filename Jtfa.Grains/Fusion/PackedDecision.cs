using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>
/// A decision as its scene remembers it: a value, not an object. Decisions live for seconds to minutes, too long for the garbage
/// collector's youngest generation; of a thousand scenes it would have to copy and free ten thousand objects a second.
/// </summary>
internal readonly struct PackedDecision(Decision decision)
{
    private readonly long _id = decision.Id;
    private readonly double _timestamp = decision.Timestamp;
    private readonly double _fillRatio = decision.FillRatio;
    private readonly double _latMean = decision.LatMean;
    private readonly double _p50 = decision.P50;
    private readonly double _p90 = decision.P90;
    private readonly double _p99 = decision.P99;
    private readonly double _tailFactor = decision.TailFactor;
    private readonly double _accRunning = decision.AccRunning;
    private readonly double _confidence = decision.Confidence;
    private readonly double _dueAt = decision.DueAt;
    private readonly long _activation = decision.Activation;
    private readonly long _number = decision.Number;
    private readonly int _clockEpoch = decision.ClockEpoch;
    private readonly int _activationEpoch = decision.ActivationEpoch;
    private readonly string? _label = decision.Label; // one object for all decisions of a class
    private readonly ViewSet _views = new(decision.Views);
    private readonly int _m = decision.M;
    private readonly int _bytes = decision.Bytes;
    private readonly int _pred = decision.Pred;
    private readonly int _gt = decision.Gt;
    private readonly FireCause _cause = decision.Cause;

    /// <summary>The decision.</summary>
    /// <param name="scene">Its scene.</param>
    public Decision ToDecision(string scene) => new()
    {
        Scene = scene,
        Id = _id,
        Timestamp = _timestamp,
        Cause = _cause,
        M = _m,
        FillRatio = _fillRatio,
        Bytes = _bytes,
        LatMean = _latMean,
        P50 = _p50,
        P90 = _p90,
        P99 = _p99,
        TailFactor = _tailFactor,
        Pred = _pred,
        Gt = _gt,
        Label = _label,
        AccRunning = _accRunning,
        Confidence = _confidence,
        Views = _views.ToArray(),
        DueAt = _dueAt,
        Activation = _activation,
        Number = _number,
        ClockEpoch = _clockEpoch,
        ActivationEpoch = _activationEpoch,
    };
}
