namespace Jtfa.Experiments.Results;

/// <summary>What is measured. Times in milliseconds, shares and accuracies as fractions of 1, bandwidth in kbit/s of a view.</summary>
public static class ValueNames
{
    /// <summary>Decisions in the run.</summary>
    public const string Decisions = "decisions";

    /// <summary>Decisions a second.</summary>
    public const string Throughput = "throughput";

    /// <summary>Decisions / captured moments.</summary>
    public const string DecidedShare = "decided_share";

    /// <summary>
    /// Median decision latency: fire time − capture time, of each decision the mean over its tokens (the log's lat_mean).
    /// </summary>
    public const string LatencyP50 = "latency_p50";

    /// <summary>90th percentile of the same.</summary>
    public const string LatencyP90 = "latency_p90";

    /// <summary>99th percentile of the same.</summary>
    public const string LatencyP99 = "latency_p99";

    /// <summary>Δ: p99 − p50.</summary>
    public const string LatencyDelta = "latency_delta";

    /// <summary>p99 / p50.</summary>
    public const string TailFactor = "tail_factor";

    /// <summary>UDP payload bytes of a decision's fused tokens, mean.</summary>
    public const string Bytes = "bytes";

    /// <summary>UDP payload bytes of a token, mean.</summary>
    public const string TokenBytes = "token_bytes";

    /// <summary>UDP payload sent by a view.</summary>
    public const string PayloadKbps = "payload_kbps";

    /// <summary>The same on the wire: with IPv4 and UDP headers (28 bytes) and Ethernet's header and check sequence (18).</summary>
    public const string WireKbps = "wire_kbps";

    /// <summary>Decisions that were right, of those with a known label.</summary>
    public const string Accuracy = "accuracy";

    /// <summary>A4: accuracy minus that of d = 16, hmix, on the same moments (positive: better).</summary>
    public const string AccuracyDifference = "accuracy_difference";

    /// <summary>Distinct views / N, mean.</summary>
    public const string FillRatio = "fill_ratio";

    /// <summary>Decisions that fired by K.</summary>
    public const string KShare = "k_share";

    /// <summary>Decisions with K views or more / captured moments.</summary>
    public const string KViewsShare = "k_views_share";

    /// <summary>Tokens that came as copies, of those whose first sending was lost.</summary>
    public const string SavedShare = "saved_share";

    /// <summary>
    /// Bytes sent a captured token, copies and what is carried along included, with IPv4, UDP and Ethernet headers (46 bytes a packet).
    /// </summary>
    public const string WireBytes = "wire_bytes";

    /// <summary>How old a decision's tokens are when it is made, held ones included, mean.</summary>
    public const string TokenAge = "token_age";

    /// <summary>Packets sent a captured token.</summary>
    public const string Packets = "packets";

    /// <summary>Decisions of exactly K distinct views.</summary>
    public const string ExactlyKShare = "exactly_k_share";

    /// <summary>Frames of which all chunks came, of those of which any did.</summary>
    public const string WholeShare = "whole_share";

    /// <summary>Processor seconds of the fusion node's process a million tokens received.</summary>
    public const string CpuPerMillion = "cpu_s_per_million";

    /// <summary>Tokens sent to the fusion node.</summary>
    public const string TokensSent = "tokens_sent";

    /// <summary>Tokens fused / tokens sent.</summary>
    public const string FusedShare = "fused_share";

    /// <summary>The relay's own error, median.</summary>
    public const string ErrorP50 = "error_p50";

    /// <summary>The relay's own error, 99th percentile.</summary>
    public const string ErrorP99 = "error_p99";

    /// <summary>The relay's own error, largest.</summary>
    public const string ErrorMax = "error_max";

    /// <summary>Text tokens a second of all texts, from the beginning.</summary>
    public const string TokensPerSecond = "tokens_per_s";

    /// <summary>Between a text's text tokens, median.</summary>
    public const string TimePerToken = "tpot_p50";

    /// <summary>Text tokens a second that the plan was expected to come to ÷ those after the first of each text.</summary>
    public const string Forecast = "forecast_ratio";

    /// <summary>Memory of the silo with most, MB.</summary>
    public const string LargestMemory = "largest_mb";

    /// <summary>TCP payload of all links a text token, those of probes and questions among them.</summary>
    public const string BytesPerToken = "bytes_per_token";

    /// <summary>How long it took, seconds.</summary>
    public const string Seconds = "seconds";

    /// <summary>Share of what it may have of a core that a silo did not use; the starter is the first.</summary>
    public static string Idle(int silo) => $"idle_{silo}";

    /// <summary>Text tokens that were there after so many tenths of the time.</summary>
    public static string TokensAfter(int tenths) => $"tokens_after_{tenths}";

    /// <summary>
    /// Mean time in a stage over the decisions between the 40th and 60th percentile of the time until they were published: the middle.
    /// </summary>
    public static string Middle(string stage) => $"middle_{stage}";

    /// <summary>Mean time in a stage over the 2 % of decisions that took longest until they were published: the tail.</summary>
    public static string Slowest(string stage) => $"slowest_{stage}";

    /// <summary>Median time in a stage.</summary>
    public static string StageP50(string stage) => $"{stage}_p50";

    /// <summary>99th percentile of the time in a stage.</summary>
    public static string StageP99(string stage) => $"{stage}_p99";
}
