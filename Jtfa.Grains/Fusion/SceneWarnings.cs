using Jtfa.Core;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;

namespace Jtfa.Grains;

/// <summary>
/// Sees from a scene's views what keeps the scene from deciding as its policy asks. Each warning is logged, and is an event of the scene,
/// when it begins, and one that comes again not before <see cref="Silence"/>.
/// </summary>
internal sealed partial class SceneWarnings(
    string scene, string model, SceneViews views, SceneEvents events, TimeProvider clock, ILogger logger)
{
    /// <summary>How long a warning that was logged is not logged again.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromMinutes(10);

    // Alternating views: so many windows are looked at, at least so many are needed, and this share of them is too much. Lost tokens split
    // some as well, but fewer.
    private const int WindowsLookedAt = 60;
    private const int WindowsNeeded = 40;
    private const double ShareAllowed = 1 / 3.0;

    // Seconds from the first token until all cameras should have sent one.
    private const double Beginning = 10;

    private readonly List<(SceneWarningKind Kind, int? View, string Text)> _found = [];
    private readonly Dictionary<(SceneWarningKind Kind, int? View), long> _loggedAt = [];
    private SceneWarning[] _current = [];
    private double? _firstTokenAt;

    /// <summary>What keeps the scene from deciding as its policy asks now.</summary>
    /// <param name="policy">The policy that holds now.</param>
    /// <param name="now">Seconds since 1970.</param>
    public SceneWarning[] Check(ScenePolicy policy, double now)
    {
        _found.Clear();
        LookAtViews(policy, now);
        LookAtWindows(policy, now);
        foreach (var (view, camera, wrong) in views.WithWrongModel(now))
        {
            _found.Add((
                SceneWarningKind.WrongModel, view,
                $"{(camera is null ? $"view {view}" : $"camera '{camera}' (view {view})")} sends tokens of model {wrong}, the head is of " +
                $"'{model}', so that they are refused: give both one model folder"));
        }

        if (_found.Count == 0 && _current.Length == 0) return _current;

        var before = _current;
        _current = [.. _found.Select(found => new SceneWarning(
            found.Kind, before.FirstOrDefault(known => IsOf(known, found))?.Since ?? now, found.Text, found.View))];
        foreach (var warning in _current)
            if (!before.Any(known => IsOf(known, (warning.Kind, warning.View, warning.Text)))) Log(warning);
        return _current;
    }

    private static bool IsOf(SceneWarning known, (SceneWarningKind Kind, int? View, string Text) found) =>
        (known.Kind, known.View) == (found.Kind, found.View);

    private void LookAtViews(ScenePolicy policy, double now)
    {
        int[] sending = [.. views.Sending];
        if (sending.Length == 0) return;
        _firstTokenAt ??= now;
        if (sending.Length >= policy.K || now - _firstTokenAt < Beginning) return;
        var numbers = $"view{(sending.Length > 1 ? "s" : "")} {string.Join(", ", sending)}";
        _found.Add((
            SceneWarningKind.TooFewViews, null,
            $"{sending.Length} of {policy.N} cameras have ever sent ({numbers}), so that no window has the K={policy.K} views that it " +
            $"waits for: start the others, each with its own --view, or lower K"));
    }

    private void LookAtWindows(ScenePolicy policy, double now)
    {
        if (policy.Keying != WindowKeying.Timestamp) return;
        var (split, windows) = views.SplitWindows(WindowsLookedAt, policy.K);
        if (windows < WindowsNeeded || split <= ShareAllowed * windows) return;
        _found.Add((
            SceneWarningKind.ViewsAlternate, null,
            $"the views of one moment come in neighbouring windows: {split} of the last {windows} fired by T with fewer than " +
            $"K={policy.K} views, the others being in the window beside. {Advice(policy, views.LongestPeriod(now) * 1000)}"));
    }

    private static string Advice(ScenePolicy policy, double period)
    {
        var width = policy.W.TotalMilliseconds;
        var isSlow = period > 1.1 * width;
        return isSlow
            ? FormattableString.Invariant(
                $"The slowest camera sends every {period:0} ms: raise W ({width:0.##} ms) to that, or take Keying=Arrival")
            : FormattableString.Invariant(
                $"Let all cameras capture at the same multiples of W ({width:0.##} ms), or send 'tick', or take Keying=Arrival");
    }

    private void Log(SceneWarning warning)
    {
        if (_loggedAt.TryGetValue((warning.Kind, warning.View), out var loggedAt) && clock.GetElapsedTime(loggedAt) < Silence) return;
        _loggedAt[(warning.Kind, warning.View)] = clock.GetTimestamp();
        LogWarning(scene, warning.Text);
        var kind = warning.Kind == SceneWarningKind.WrongModel ? SceneEventKind.Model : SceneEventKind.Warning;
        events.Add(warning.Since, kind, warning.Text, warning.View);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Scene {Scene}: {Warning}")]
    private partial void LogWarning(string scene, string warning);
}
