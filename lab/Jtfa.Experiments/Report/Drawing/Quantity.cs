using System.Globalization;
using Jtfa.Experiments.Results;

namespace Jtfa.Experiments.Report.Drawing;

/// <summary>How a value is told: its name, its unit, and the number in that unit.</summary>
/// <param name="Label">What it is, as in a table's head.</param>
/// <param name="Unit">Its unit; empty where it has none.</param>
/// <param name="Factor">What its numbers are multiplied by to be in that unit: 100 for a share in %.</param>
internal sealed record Quantity(string Label, string Unit, double Factor = 1)
{
    private static readonly Dictionary<string, Quantity> s_known = new()
    {
        [ValueNames.Decisions] = new("decisions", ""),
        [ValueNames.Throughput] = new("decisions a second", "1/s"),
        [ValueNames.DecidedShare] = new("moments decided", "%", 100),
        [ValueNames.LatencyP50] = new("p50", "ms"),
        [ValueNames.LatencyP90] = new("p90", "ms"),
        [ValueNames.LatencyP99] = new("p99", "ms"),
        [ValueNames.LatencyDelta] = new("Δ = p99 − p50", "ms"),
        [ValueNames.TailFactor] = new("tail factor p99/p50", "×"),
        [ValueNames.Bytes] = new("bytes a decision", "B"),
        [ValueNames.TokenBytes] = new("bytes a token", "B"),
        [ValueNames.PayloadKbps] = new("payload", "kbit/s"),
        [ValueNames.WireKbps] = new("on the wire", "kbit/s"),
        [ValueNames.Accuracy] = new("accuracy", "%", 100),
        [ValueNames.AccuracyDifference] = new("accuracy against d=16 hmix", "points", 100),
        [ValueNames.FillRatio] = new("fill ratio", "%", 100),
        [ValueNames.KShare] = new("fired by K", "%", 100),
        [ValueNames.KViewsShare] = new("decisions with K views", "%", 100),
        [ValueNames.SavedShare] = new("lost tokens that came as copies", "%", 100),
        [ValueNames.WireBytes] = new("sent a token", "B"),
        [ValueNames.TokenAge] = new("age of tokens", "ms"),
        [ValueNames.Packets] = new("packets a token", ""),
        [ValueNames.ExactlyKShare] = new("exactly K views", "%", 100),
        [ValueNames.WholeShare] = new("frames whole", "%", 100),
        [ValueNames.CpuPerMillion] = new("CPU a million tokens", "s"),
        [ValueNames.TokensSent] = new("tokens sent", ""),
        [ValueNames.FusedShare] = new("tokens fused", "%", 100),
        [ValueNames.TokensPerSecond] = new("text tokens a second", "1/s"),
        [ValueNames.TimePerToken] = new("between text tokens p50", "ms"),
        [ValueNames.Forecast] = new("expected ÷ measured", "×"),
        [ValueNames.LargestMemory] = new("memory of the largest silo", "MB"),
        [ValueNames.BytesPerToken] = new("on the links a text token", "B"),
        [ValueNames.Seconds] = new("time", "s"),
        [ValueNames.Idle(1)] = new("starter idle", "%", 100),
        [ValueNames.Idle(2)] = new("second idle", "%", 100),
        [ValueNames.Idle(3)] = new("third idle", "%", 100),
        [ValueNames.ErrorP50] = new("error p50", "ms"),
        [ValueNames.ErrorP99] = new("error p99", "ms"),
        [ValueNames.ErrorMax] = new("error max", "ms"),
    };

    /// <summary>Latency of decisions, whatever its quantile.</summary>
    public static Quantity Latency { get; } = new("decision latency", "ms");

    /// <summary>How many times.</summary>
    public static Quantity Times { get; } = new("times", "×");

    /// <summary>The axis' title.</summary>
    public string AxisTitle => Unit is "" or "×" ? Label : $"{Label}, {Unit}";

    /// <summary>Differences of it: of shares in percentage points.</summary>
    public Quantity Difference => Unit == "%" ? this with { Unit = "points" } : this;

    /// <summary>How a value is told; an unknown one is told by its name.</summary>
    public static Quantity For(string value) =>
        s_known.GetValueOrDefault(value)
        ?? new Quantity(value.Replace('_', ' '), Stages.All.Any(stage => IsOfStage(value, stage)) ? "ms" : "");

    /// <summary>In the unit.</summary>
    public Estimate Scale(Estimate estimate) =>
        estimate with { Median = Scale(estimate.Median), Low = Scale(estimate.Low), High = Scale(estimate.High) };

    /// <summary>In the unit.</summary>
    public double Scale(double value) => value * Factor;

    /// <summary>With its interval and unit: 41.2 ms [39.8, 44.0].</summary>
    public string Text(Estimate estimate) => $"{WithUnit(Digits(Scale(estimate.Median), Size(estimate)))} {Interval(estimate)}";

    /// <summary>The same, and of how many runs.</summary>
    public string Told(Estimate estimate) => $"{Text(estimate)}, runs: {estimate.Runs}";

    /// <summary>With its unit.</summary>
    public string Text(double value) => WithUnit(Digits(Scale(value), Math.Abs(Scale(value))));

    /// <summary>A difference with its sign: +1.2 ms [0.8, 1.4].</summary>
    public string SignedText(Estimate estimate) => (estimate.Median > 0 ? "+" : "") + Difference.Text(estimate);

    /// <summary>Without the unit, which a table's head has: 41.2 [39.8, 44.0].</summary>
    public string Bare(Estimate estimate) => $"{Digits(Scale(estimate.Median), Size(estimate))} {Interval(estimate)}";

    private static bool IsOfStage(string value, string stage) =>
        value == ValueNames.Middle(stage) || value == ValueNames.Slowest(stage) || value == ValueNames.StageP50(stage)
            || value == ValueNames.StageP99(stage);

    private string WithUnit(string number) => Unit switch { "" => number, "×" => $"{number}×", _ => $"{number} {Unit}" };

    private string Interval(Estimate estimate) =>
        $"[{Digits(Scale(estimate.Low), Size(estimate))}, {Digits(Scale(estimate.High), Size(estimate))}]";

    // The largest of a median and its interval decides how many digits all three have.
    private double Size(Estimate estimate) =>
        Scale(Math.Max(Math.Abs(estimate.Median), Math.Max(Math.Abs(estimate.Low), Math.Abs(estimate.High))));

    // About three significant digits; below 1,000 at least one decimal.
    private static string Digits(double value, double size)
    {
        var format = size switch
        {
            >= 1e7 => "0.##e0",
            >= 1000 => "#,0",
            >= 10 => "0.0",
            >= 1 => "0.00",
            >= 0.001 => "0.000",
            _ => "0.##e0",
        };
        return value == 0 ? "0" : value.ToString(format, CultureInfo.InvariantCulture).Replace('-', '−');
    }
}
