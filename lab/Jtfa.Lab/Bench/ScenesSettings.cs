namespace Jtfa.Lab.Bench;

/// <summary>What a bench of many scenes sends.</summary>
/// <param name="Scenes">Scenes.</param>
/// <param name="Views">Views of each; N, and K is one less.</param>
/// <param name="Rate">Decisions a second and scene.</param>
/// <param name="Seconds">How long.</param>
/// <param name="WarmUpSeconds">How long the same load runs before, not counted.</param>
internal sealed record ScenesSettings(int Scenes, int Views, double Rate, double Seconds, double WarmUpSeconds)
{
    /// <summary>K.</summary>
    public int K => Math.Max(1, Views - 1);

    /// <summary>The cameras' period and W, seconds.</summary>
    public double Period => 1 / Rate;
}

/// <summary>The figures of a bench of many scenes. Latencies in milliseconds.</summary>
internal sealed record ScenesResult(
    int Scenes, long Tokens, long Lost, long Decisions, long Correct, long Expected, double FireP50Ms, double FireP99Ms,
    double TokensPerSecond,
    double CpuSecondsPerMillionTokens, double SenderCpuSecondsPerMillionTokens, double PeakRssMb, double GcPauseMs, double ReadySeconds);
