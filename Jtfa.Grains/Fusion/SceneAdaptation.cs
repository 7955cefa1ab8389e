using System.Globalization;
using Jtfa.Core;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;

namespace Jtfa.Grains;

/// <summary>
/// Adapts a scene's K and T to the windows that have gone, where its policy says so, and puts them in force. Nothing of it is stored: after
/// a move of the scene it begins anew, which takes as long as some windows.
/// </summary>
internal sealed partial class SceneAdaptation(
    string scene, StoredRouting routing, SceneViews views, SceneEvents events, TimeProvider clock, ILogger logger)
{
    // Seconds. A window lasts two minutes at most. A gateway whose clock is wrong must not have all others' windows count as old.
    private const double Oldest = 150;
    private const double Ahead = 2;

    private WindowAdaptation? _adaptation = Begin(routing.Current.Current);
    private int[] _silent = [];

    /// <summary>The scene.</summary>
    public string Scene => scene;

    /// <summary>The policy in force now; any thread may ask.</summary>
    public ScenePolicy InForce => routing.Current.InForceAt(clock.UnixSeconds());

    /// <summary>The policy was changed: goes on by the new one, with what is known of the views.</summary>
    public void Follow()
    {
        var policy = routing.Current.Current;
        if (_adaptation is null || !policy.Adapts) _adaptation = Begin(policy);
        else _adaptation.Follow(policy.ToAdaptation());
        PutInForce();
    }

    /// <summary>A clock was set: what was learned is timed by another one.</summary>
    public void BeginAnew()
    {
        _adaptation = Begin(routing.Current.Current);
        PutInForce();
    }

    /// <summary>Takes windows that have gone.</summary>
    public void Take(WindowDelays[] windows)
    {
        if (_adaptation is not { } adaptation || windows.Length == 0) return;
        var (k, t) = (adaptation.K, adaptation.T);
        var now = clock.UnixSeconds();
        foreach (var window in windows)
            if (window.OpenedAt > now - Oldest && window.OpenedAt < now + Ahead)
                adaptation.Take(window.Views, window.Seconds, window.OpenedAt);
        if (adaptation.T != t) LogTimeout(scene, t * 1000, adaptation.T * 1000);
        if (adaptation.K != k) Tell(k, adaptation.K, [.. adaptation.Silent]);
        PutInForce();
    }

    private static WindowAdaptation? Begin(ScenePolicy policy) =>
        policy.Adapts ? new WindowAdaptation(policy.ToAdaptation()) : null;

    private void PutInForce()
    {
        if (_adaptation is not { } adaptation) return;
        var policy = routing.Current.Current;
        routing.Adapt(
            adaptation.K,
            policy.Timeout == WindowTimeout.Adaptive
                ? TimeSpan.FromTicks((long)Math.Round(adaptation.T * TimeSpan.TicksPerSecond))
                : policy.T);
    }

    private void Tell(int before, int after, int[] silent)
    {
        var (change, who, how) = after < before ? ("falls", silent, "silent") : ("rises", [.. _silent.Except(silent)], "heard again");
        _silent = silent;
        var why = who.Length > 0 ? $"{string.Join(", ", who.Select(views.NameOf))} {how}" : $"{after} views are heard";
        var text = string.Create(CultureInfo.InvariantCulture, $"K {change} {before} → {after}: {why}");
        events.Add(clock.UnixSeconds(), SceneEventKind.Adapted, text);
        LogViews(scene, text);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Scene {Scene} adapts T from {Before:F1} to {After:F1} ms")]
    private partial void LogTimeout(string scene, double before, double after);

    [LoggerMessage(Level = LogLevel.Information, Message = "Scene {Scene}: {Change}")]
    private partial void LogViews(string scene, string change);
}
