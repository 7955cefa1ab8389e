using System.Diagnostics;
using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>The trace of a decision.</summary>
internal static class DecisionSpan
{
    /// <summary>Records a decision that its scene has taken; costs nothing where nobody listens.</summary>
    /// <param name="decision">The decision.</param>
    /// <param name="openedAt">When its first token was received, seconds since 1970.</param>
    /// <param name="openedBy">The view of that token.</param>
    /// <param name="now">Seconds since 1970.</param>
    /// <returns>The id of its trace; null where it is not recorded.</returns>
    public static string? Record(Decision decision, double openedAt, int openedBy, double now)
    {
        if (!JtfaNames.Spans.HasListeners()) return null;
        using var span = JtfaNames.Spans.StartActivity(ActivityKind.Internal, startTime: Time(openedAt), name: JtfaNames.DecisionSpan);
        if (span is null) return null;
        span.SetEndTime(Time(now).UtcDateTime);
        if (!span.IsAllDataRequested) return null;
        span.SetTag("scene", decision.Scene).SetTag("decision", decision.Id).SetTag("m", decision.M);
        span.SetTag("cause", decision.Cause == FireCause.K ? "K" : "T").SetTag("opened_by", openedBy);
        span.AddEvent(new ActivityEvent("due", Time(decision.DueAt))).AddEvent(new ActivityEvent("fired", Time(decision.Timestamp)));
        return span.TraceId.ToHexString();
    }

    private static DateTimeOffset Time(double unixSeconds) => DateTimeOffset.UnixEpoch.AddSeconds(unixSeconds);
}
