using System.Globalization;
using Jtfa.Experiments.Results;

namespace Jtfa.Experiments.Tests.Report;

/// <summary>A record of all experiments with made-up numbers of about the right size; the same seed, the same record.</summary>
internal static class SyntheticRecord
{
    public static readonly string[] Profiles = ["wired", "wifi-good", "wifi-busy", "one-straggler", "one-dead", "burst-loss"];

    private static readonly string[] s_encodings = ["plain", "psmix", "hmix"];
    private static readonly double[] s_base = [6, 11, 22, 14, 12, 16];

    public static ExperimentRecord Make(int repeats = 5, int seed = 1, Func<RunResult, bool>? keep = null) => new()
    {
        Command = "jtfa experiments --all --repeats 5 --out <folder> & \"more\"",
        Version = "0.1.0 of 0123abc",
        Machine = new Dictionary<string, string> { ["processor"] = "2 cores", ["memory"] = "8 GB", ["system"] = "Linux" },
        Settings = new Dictionary<string, string> { ["repeats"] = $"{repeats}", ["seconds a run"] = "60" },
        StartedAt = DateTimeOffset.UnixEpoch.AddDays(20_000),
        EndedAt = DateTimeOffset.UnixEpoch.AddDays(20_000.4),
        Results = [.. Runs(repeats, seed).Where(keep ?? (_ => true))],
        Skipped = new Dictionary<string, string> { ["cluster"] = "no <database> was given" },
    };

    private static IEnumerable<RunResult> Runs(int repeats, int seed)
    {
        var random = new Random(seed);
        for (var repeat = 0; repeat < repeats; repeat++)
        {
            foreach (var (experiment, factors, values) in Repeat(random))
                yield return new RunResult(experiment, factors.ToDictionary(factor => factor.Name, factor => factor.Level), repeat,
                    (ulong)repeat + 1, values);
        }
    }

    private static IEnumerable<(string Experiment, (string Name, string Level)[] Factors, Dictionary<string,
        double> Values)> Repeat(Random random)
    {
        double Near(double value, double share = 0.05) => value * (1 + (share * ((2 * random.NextDouble()) - 1)));
        yield return (ExperimentNames.Relay, [],
            new() { [ValueNames.ErrorP50] = Near(0.02), [ValueNames.ErrorP99] = Near(0.25, 0.3), [ValueNames.ErrorMax] = Near(4, 0.6) });
        for (var p = 0; p < Profiles.Length; p++)
        {
            var profile = (FactorNames.Profile, Profiles[p]);
            for (var e = 0; e < 3; e++)
                yield return (ExperimentNames.Encodings, [profile, (FactorNames.Encoding, s_encodings[e])],
                    Latency(s_base[p], (p == 3 ? 9 : 3) + (p == 2 ? e : 0), 0.845 - (0.001 * e), Near));
            foreach (var (experiment, timeouts) in new[] { (ExperimentNames.Conservative, new[] { 20, 40, 60, 80 }),
                (ExperimentNames.Relaxed, [120, 240, 480]) })
            {
                foreach (var (k, t, how) in from k in new[] { 2, 3, 4 }
                                            from t in timeouts
                                            from how in new[] { "live",
                    "replayed" }
                                            select (k, t, how))
                {
                    var tail = k == 4 && p is 3 or 4 ? Math.Min(t + 3.0, 90) : s_base[p] * 3;
                    (string, string)[] factors = [profile, (FactorNames.K, Text(k)), (FactorNames.T, Text(t)),
                        (FactorNames.W, experiment == ExperimentNames.Relaxed ? Text(t) : "50"), (FactorNames.How, how)];
                    yield return (experiment, factors,
                        Latency(s_base[p], Math.Max(1.2, tail / s_base[p]), 0.80 + (0.01 * k) + (0.0001 * t), Near));
                }
            }

            var stages = Latency(s_base[p], 3, 0.84, Near);
            foreach (var stage in Stages.All)
            {
                stages[ValueNames.Middle(stage)] = Near(stage == Stages.Link ? s_base[p] : 0.7, 0.2);
                stages[ValueNames.Slowest(stage)] = Near(stage == Stages.Window ? s_base[p] * 3 : 1.2, 0.2);
                stages[ValueNames.StageP50(stage)] = Near(1);
                stages[ValueNames.StageP99(stage)] = Near(4);
            }

            yield return (ExperimentNames.Tail, [profile, (FactorNames.K, "3")], stages);
            foreach (var (strategy, tail) in new[] { ("k-of-n", 3.0), ("wait-for-all", 7), ("delay-5", 1.2), ("delay-30", 3.2),
                ("delay-100", 9) })
                yield return (ExperimentNames.Strategies, [profile, (FactorNames.Strategy, strategy)],
                    Latency(s_base[p], tail, 0.82 + (0.004 * tail), Near));
        }

        foreach (var profile in Profiles)
        {
            foreach (var (strategy, tail) in new[]
                { (StrategyNames.Adaptive, 2.0), (StrategyNames.AdaptiveK, 1.9), ("T-20", 3), ("T-250", 9) })
            {
                var values = Latency(8, tail, 0.85, Near);
                values[ValueNames.KShare] = Near(0.95, 0.01);
                yield return (ExperimentNames.Adaptive, [(FactorNames.Profile, profile), (FactorNames.Strategy, strategy)], values);
            }
        }

        foreach (var d in new[] { 8, 16 })
        {
            foreach (var (quantiser, bytes, cost) in new[]
                { ("v1-int8", 126, 0.0), ("int8", 38, 0), ("int4", 30, 0.02), ("vq-256", 18, 0.1) })
            {
                yield return (
                    ExperimentNames.Wire,
                    [(FactorNames.Dimension, Text(d)), (FactorNames.Quantiser, quantiser), (FactorNames.Encoding, "plain")],
                    new()
                    {
                        [ValueNames.TokenBytes] = bytes + d - 16,
                        [ValueNames.Accuracy] = Near(0.85 - cost, 0.002),
                        [ValueNames.Decisions] = 4000,
                    });
            }
        }

        foreach (var (timeout, redundancy, share, bytes) in from timeout in new[] { 120, 250 }
                                                            from level in new[]
            { ("none", 0.94, 193.0), ("duplicate-50", 0.98, 390), ("red-2", 0.99, 285) }
                                                            select (timeout, level.Item1, level.Item2, level.Item3))
        {
            var values = Latency(8, timeout / 10.0, 0.85, Near);
            values[ValueNames.KViewsShare] = Near(share, 0.001);
            values[ValueNames.SavedShare] = Near(0.6, 0.01);
            values[ValueNames.WireBytes] = bytes;
            values[ValueNames.Packets] = redundancy == "duplicate-50" ? 2 : 1;
            yield return (ExperimentNames.Loss, [(FactorNames.Profile, "fades"), (FactorNames.T, Text(timeout)),
                (FactorNames.Redundancy, redundancy)], values);
        }

        foreach (var (pacing, packets, accuracy) in new[] { ("every", 1, 0.86), ("every-second", 0.5, 0.85), ("moved-0.3", 0.4, 0.858) })
        {
            var values = Latency(8, 3, accuracy, Near);
            values[ValueNames.Packets] = packets;
            values[ValueNames.TokenAge] = Near(100 / packets);
            yield return (ExperimentNames.Rate, [(FactorNames.Profile, "wifi-good"), (FactorNames.Pacing, pacing)], values);
        }

        foreach (var rate in new[] { 1, 5, 10, 20 })
        {
            foreach (var (what, d, encoding, accuracy) in Vectors())
            {
                var bytes = what == "token" ? 90 + d : encoding == "fp32" ? d * 4.05 : (d * 1.02) + 90;
                yield return (
                    ExperimentNames.Bandwidth, [(FactorNames.What, what), (FactorNames.Dimension, Text(d)),
                        (FactorNames.Encoding, encoding), (FactorNames.Rate, Text(rate))],
                    new()
                    {
                        [ValueNames.PayloadKbps] = Near(bytes * rate * 8 / 1000, 0.01),
                        [ValueNames.WireKbps] = Near((bytes + (46 * Math.Ceiling(bytes / 1400))) * rate * 8 / 1000, 0.01),
                        [ValueNames.Accuracy] = Near(accuracy, 0.004),
                        [ValueNames.AccuracyDifference] = accuracy - 0.846
                            + Near(0.002, 2),
                        [ValueNames.WholeShare] = Near(0.98, 0.01),
                    });
            }
        }

        foreach (var (silos, link) in new[] { (1, "loopback"), (2, "loopback"), (3, "loopback"), (3, "delay-5") })
            yield return (ExperimentNames.Ring,
                [(FactorNames.Model, "small"), (FactorNames.Profile, link), (FactorNames.TextsPerSilo, "4"),
                    (FactorNames.Silos, Text(silos))],
                Ring(silos, link == "loopback" ? 0 : 30, (value, share) => Near(value, share)));

        foreach (var (node, source, speed) in from node in new[] { "jtfa", "published" }
                                              from source in new[] { "trace",
            "published-producers", "jtfa-cameras" }
                                              from speed in new[] { 1, 10, 100, 1000 }
                                              select (node, source, speed))
        {
            var values = Latency(node == "jtfa" ? 10 : 40, 3, 0.84, Near);
            values[ValueNames.ExactlyKShare] = Math.Min(1, Near(node == "jtfa" ? 0.98 : 0.6));
            values[ValueNames.CpuPerMillion] = Near(node == "jtfa" ? 11 : 240);
            values[ValueNames.FusedShare] = Near(0.9 / Math.Max(1, speed / 300.0));
            values[ValueNames.TokensSent] = 1200 * speed;
            yield return (ExperimentNames.Reference,
                [(FactorNames.Node, node), (FactorNames.Source, source), (FactorNames.Speed, Text(speed))], values);
        }
    }

    private static Dictionary<string, double> Ring(int silos, double delay, Func<double, double, double> near)
    {
        var seconds = near(20 + delay, 0.05);
        var values = new Dictionary<string, double>
        {
            [ValueNames.TokensPerSecond] = 400 * silos / seconds,
            [ValueNames.TimePerToken] = near(100, 0.05),
            [ValueNames.LargestMemory] = 900.0 / silos,
            [ValueNames.Forecast] = near(1, 0.1),
            [ValueNames.Seconds] = seconds,
        };
        for (var silo = 1; silo <= silos; silo++) values[ValueNames.Idle(silo)] = near(0.1, 0.05);
        for (var tenth = 1; tenth <= 10; tenth++) values[ValueNames.TokensAfter(tenth)] = 40 * silos * tenth;
        if (delay > 0) values[ValueNames.BytesPerToken] = near(9_000, 0.05);
        return values;
    }

    private static IEnumerable<(string What, int D, string Encoding, double Accuracy)> Vectors()
    {
        foreach (var d in new[] { 4, 8, 16, 32, 64, 128 })
        {
            foreach (var encoding in s_encodings) yield return ("token", d, encoding, 0.855 - (0.15 / d));
        }

        yield return ("penultimate", 576, "int8", 0.861);
        yield return ("penultimate", 576, "fp32", 0.862);
        yield return ("feature-map", 28_224, "int8", 0.863);
        yield return ("feature-map", 28_224, "fp32", 0.864);
    }

    private static Dictionary<string, double> Latency(double p50, double tail, double accuracy, Func<double, double, double> near)
    {
        var (middle, slow) = (near(p50, 0.05), near(p50 * tail, 0.12));
        return new()
        {
            [ValueNames.Decisions] = 1200,
            [ValueNames.LatencyP50] = middle,
            [ValueNames.LatencyP90] = (middle + slow) / 2,
            [ValueNames.LatencyP99] = slow,
            [ValueNames.LatencyDelta] = slow - middle,
            [ValueNames.TailFactor] = slow / middle,
            [ValueNames.Bytes] = near(330, 0.01),
            [ValueNames.PayloadKbps] = near(5.3, 0.01),
            [ValueNames.WireKbps] = near(7.5, 0.01),
            [ValueNames.Accuracy] = near(accuracy, 0.005),
            [ValueNames.FillRatio] = Math.Min(1, near(0.6 + (0.04 * tail), 0.05)),
        };
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
