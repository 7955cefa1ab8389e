using System.Globalization;
using Jtfa.Interfaces;

namespace Jtfa.Cli.Watching;

/// <summary>
/// Rate, delay, loss and bandwidth of each view over the last ten seconds, from what a silo tells of its cameras once a second: its own
/// counts go back to its start.
/// </summary>
internal sealed class CameraWatch
{
    /// <summary>Over how long figures are taken.</summary>
    public static readonly TimeSpan Span = TimeSpan.FromSeconds(10);

    // Silos hear of their gateways' counts every half second, and a token may be under way.
    private const double Behind = 1;

    private readonly Dictionary<(string Scene, int View), Queue<(double At, CameraHealth Health)>> _past = [];

    /// <summary>Takes how a scene's cameras are.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="cameras">Its cameras.</param>
    /// <param name="now">The silo's time, seconds since 1970.</param>
    /// <returns>What each has done lately.</returns>
    public IReadOnlyList<WatchedCamera> Take(string scene, IEnumerable<CameraHealth> cameras, double now) =>
        [.. cameras.Select(camera => Take(scene, camera, now))];

    private WatchedCamera Take(string scene, CameraHealth camera, double now)
    {
        if (!_past.TryGetValue((scene, camera.View), out var past)) _past.Add((scene, camera.View), past = []);

        // Counts that fall are a silo's that was started anew.
        if (past.Count > 0 && past.Last().Health is var last && (last.Tokens > camera.Tokens || last.Bytes > camera.Bytes)) past.Clear();
        while (past.Count > 1 && now - past.Peek().At > Span.TotalSeconds) past.Dequeue();
        past.Enqueue((now, camera));
        var first = past.Peek().Health;
        var (tokens, lost, bytes) = (camera.Tokens - first.Tokens, camera.Lost - first.Lost, camera.Bytes - first.Bytes);
        if (past.Count == 1) return new(scene, camera, camera.RateHz, camera.LossRatio, camera.Kbps);

        // From token to token, so that the time of asking does not matter; of one that has stopped, until now.
        var seconds = Math.Max(camera.LastTokenAt - first.LastTokenAt, now - first.LastTokenAt - Behind - (2 / camera.RateHz));
        if (tokens <= 0 || !(seconds > 0)) return new(scene, camera, 0, null, 0);
        return new(scene, camera, tokens / seconds, Math.Max(0, lost) / (double)(Math.Max(0, lost) + tokens), bytes * 8 / 1000.0 / seconds);
    }
}

/// <summary>What a camera has done in the last ten seconds; at the beginning of a watch what its silo says.</summary>
/// <param name="Scene">Its scene.</param>
/// <param name="Health">How its silo sees it.</param>
/// <param name="RateHz">Tokens a second.</param>
/// <param name="LossRatio">Lost / (lost + received); null where none came.</param>
/// <param name="Kbps">UDP payload, kilobits a second.</param>
internal sealed record WatchedCamera(string Scene, CameraHealth Health, double RateHz, double? LossRatio, double Kbps)
{
    /// <summary>The columns of a table of such.</summary>
    public static readonly string[] Columns =
        ["scene", "view", "camera", "timing", "rate", "least delay", "jitter", "loss", "bandwidth", "fault"];

    /// <summary>Its row.</summary>
    public string[] Cells() =>
    [
        Scene, ResultTable.Count(Health.View), Health.Camera ?? "–", TimingOf(Health.Timing), $"{ResultTable.Number(RateHz, "F1")} Hz",
        ResultTable.Ms(Health.ClockOffset), ResultTable.Ms(Health.Jitter),
        LossRatio is { } loss ? $"{ResultTable.Number(loss * 100, "F1")} %" : "–",
        string.Create(CultureInfo.InvariantCulture, $"{Kbps:F1} kbps"), Health.Fault ?? "–",
    ];

    /// <summary>Words for whether tokens come in time.</summary>
    public static string TimingOf(CameraTiming timing) =>
        timing switch { CameraTiming.OnTime => "on time", CameraTiming.Late => "late", _ => "missing" };
}
