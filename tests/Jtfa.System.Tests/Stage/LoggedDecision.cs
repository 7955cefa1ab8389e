using System.Text.Json;

namespace Jtfa.System.Tests.Stage;

/// <summary>A decision as <c>jtfa decisions --format json</c> prints it.</summary>
internal sealed record LoggedDecision(
    string Scene, long Decision, double Timestamp, string Cause, int M, double FillRatio, int Bytes, double LatMean, double P50, double P90,
    double P99, double TailFactor, int Pred, int Gt, bool Correct, double? AccRunning, double Confidence, int[] Views,
    int ClockEpoch, string? Label)
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = global::System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    private static readonly string[] s_named = [];
    private static readonly string[] s_configured = ["--log"];

    public static LoggedDecision Parse(string line) => JsonSerializer.Deserialize<LoggedDecision>(line, s_json)!;

    /// <summary>
    /// All decisions of a workspace's log (jtfa.db unless an option names another), in the order they were written, read by the program.
    /// </summary>
    public static async Task<LoggedDecision[]> AllAsync(Workspace workspace, params IEnumerable<string> options) =>
        [.. (await LinesAsync(workspace, options)).Select(Parse)];

    /// <summary>The same as they are printed.</summary>
    public static async Task<string[]> LinesAsync(Workspace workspace, params IEnumerable<string> options)
    {
        var end = await ProgramRun.JtfaToEndAsync(
            workspace,
            ["decisions", .. options.Contains("--db") ? s_named : s_configured, "--format", "json", "--last", "10000000", .. options]);
        Assert.True(end is { ExitCode: 0, Errors: [] }, end.ToString());
        return end.Output;
    }
}
