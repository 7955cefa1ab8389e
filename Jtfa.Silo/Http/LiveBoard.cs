using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Jtfa.Core;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Http;

/// <summary>
/// What live pages show: while any is open, scenes are asked how they are doing, and what they say is written once for all pages. A scene
/// that somebody watches is asked ten times a second, and so is every other where there are few; where there are many, the others take
/// turns, each once a second, and an update has only the lines that have changed. A page that cannot keep up gets the newest when it can.
/// </summary>
internal sealed partial class LiveBoard(
    IGrainFactory grains, SceneCatalog scenes, HttpOptions options, TimeProvider clock, ILogger<LiveBoard> logger) : BackgroundService
{
    /// <summary>How much of its past a scene shows to a page that has just opened.</summary>
    public static readonly SnapshotSpan Past = new(SceneSecond.MostKept, WindowArrivals.MostKept, 200, SceneEvent.MostKept);

    /// <summary>Beyond so many scenes those that nobody watches take turns.</summary>
    public const int FewScenes = 50;

    private const int Turns = 10;

    private static readonly SnapshotSpan s_update = new(2, 48, 32, 16);
    private static readonly SnapshotSpan s_overview = new(1, 0, 0);
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _watched = [];
    private readonly Dictionary<string, SceneSnapshot> _last = [];
    private TaskCompletionSource _opened = New();
    private readonly string[] _names = [.. scenes.Names];
    private readonly Dictionary<string, byte[]> _lines = [];
    private volatile Update _update = new(0, [], new Dictionary<string, byte[]>(), _ => [], New());
    private int _pages;

    /// <summary>The newest update.</summary>
    public Update Newest => _update;

    /// <summary>A page opens on a scene, or on none; it closes when what is returned is disposed.</summary>
    public IDisposable Open(string? scene)
    {
        lock (_gate)
        {
            if (scene is not null) _watched[scene] = _watched.GetValueOrDefault(scene) + 1;
            if (_pages++ == 0) _opened.TrySetResult();
        }

        return new Page(this, scene);
    }

    /// <summary>A page's first update, which has the scene's past.</summary>
    public async Task<byte[]> FirstAsync(string? scene, CancellationToken cancellationToken)
    {
        var past = scene is null ? null : await grains.GetGrain<ISceneGrain>(scene).GetSnapshotAsync(Past, cancellationToken);
        var overview = await Task.WhenAll(scenes.Names.Select(name => OverviewAsync(name, cancellationToken)));
        var details = past is null ? [] : await DetailsOfAsync(past, cancellationToken);
        return EventStream.Frame(
            "live", null, new LiveUpdate(clock.UnixSeconds(), overview, past, details, options.CameraSwitches), JtfaJson.Options);
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // No timer runs while no page is open.
        while (true)
        {
            await OpenedAsync(stoppingToken);
            await UpdateAsync(stoppingToken);
            await Task.Delay(s_period, clock, stoppingToken);
        }
    }

    [SuppressMessage(
        "Design", "CA1031", Justification = "A failed update is a defect, but must not end the silo; the next update follows.")]
    private async Task UpdateAsync(CancellationToken cancellationToken)
    {
        try
        {
            var next = await LookAsync(cancellationToken);
            var before = _update;
            _update = next;
            before.Followed.SetResult();
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(exception);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SceneOverview OverviewOf(SceneSnapshot snapshot) => new()
    {
        Scene = snapshot.Scene,
        Policy = snapshot.Routing.InForceAt(snapshot.Time),
        Decisions = snapshot.Statistics.Decisions,
        DecisionsPerSecond = snapshot.Seconds is [.., var last] ? last.Decisions : 0,
        ByKPerSecond = snapshot.Seconds is [.., var same] ? same.ByK : 0,
        Latency = snapshot.Seconds is [.., var latest] ? latest.Latency : new(),
        AccRunning = snapshot.Statistics.Accuracy,
        Cameras = [.. snapshot.Cameras.Select(camera => new CameraMark(camera.View, camera.Camera, camera.Timing))],
        Open = scenes[snapshot.Scene].IsOpen,
    };

    private Task OpenedAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_pages > 0) return Task.CompletedTask;
            if (_opened.Task.IsCompleted) _opened = New();
            return _opened.Task.WaitAsync(cancellationToken);
        }
    }

    private async Task<Update> LookAsync(CancellationToken cancellationToken)
    {
        HashSet<string> watched;
        lock (_gate) watched = [.. _watched.Keys];
        var number = _update.Number + 1;
        var asked = _names.Where((name, i) => _names.Length <= FewScenes || watched.Contains(name) || i % Turns == number % Turns);
        var looks = await Task.WhenAll(asked.Select(name => LookAtAsync(name, watched.Contains(name), cancellationToken)));
        var time = clock.UnixSeconds();
        var news = looks.Select(look => look.Overview).Where(IsNews).Select(overview => _lines[overview.Scene]).ToList();
        var all = _names.Where(_lines.ContainsKey).Select(name => _lines[name]).ToList();
        var watchedNow = looks.Where(look => look.Snapshot is not null).ToDictionary(look => look.Overview.Scene);
        return new Update(
            number, FrameOf(time, news, null),
            watchedNow.ToDictionary(scene => scene.Key, scene => FrameOf(time, news, scene.Value.Snapshot, scene.Value.Details)),
            scene => scene is not null && watchedNow.TryGetValue(scene, out var look)
                ? FrameOf(time, all, look.Snapshot, look.Details)
                : FrameOf(time, all, null),
            New());
    }

    // If scenes are few, every line is sent every time.
    private bool IsNews(SceneOverview overview)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(overview, JtfaJson.Options);
        var isNews = _names.Length <= FewScenes || !_lines.TryGetValue(overview.Scene, out var before)
            || !line.AsSpan().SequenceEqual(before);
        _lines[overview.Scene] = line;
        return isNews;
    }

    private async Task<(SceneOverview Overview, SceneSnapshot? Snapshot, DecisionDetail[] Details)> LookAtAsync(
        string scene, bool watched, CancellationToken cancellationToken)
    {
        if (!watched)
        {
            lock (_gate) _last.Remove(scene);
            return (await OverviewAsync(scene, cancellationToken), null, []);
        }

        var (overview, snapshot) = await AskAsync(scene, s_update, cancellationToken);
        if (snapshot is null) return (overview, null, []);
        SceneSnapshot news;
        lock (_gate)
        {
            news = NewsOf(snapshot, _last.GetValueOrDefault(scene));
            _last[scene] = snapshot;
        }

        return (overview, news, await DetailsOfAsync(news, cancellationToken));
    }

    // Only what is new since the last look, at most what was asked for.
    private static SceneSnapshot NewsOf(SceneSnapshot snapshot, SceneSnapshot? before)
    {
        var decisions = snapshot.Statistics.Decisions - (before?.Statistics.Decisions ?? 0);
        var known = before?.Events.LastOrDefault();
        return snapshot with
        {
            Decisions = [.. snapshot.Decisions.TakeLast((int)Math.Clamp(decisions, 0, s_update.Decisions))],
            Events = [.. snapshot.Events.Where(one => known is null || one.Activation != known.Activation || one.Number > known.Number)],
        };
    }

    [SuppressMessage("Design", "CA1031", Justification = "A lane that cannot answer leaves details out; the rest is still shown.")]
    private async Task<DecisionDetail[]> DetailsOfAsync(SceneSnapshot snapshot, CancellationToken cancellationToken)
    {
        if (snapshot.Decisions.Length == 0) return [];
        try
        {
            return await grains.GetDetailsAsync(snapshot.Scene, snapshot.Routing, snapshot.Decisions.Select(decision => decision.Key))
                .WaitAsync(s_patience, clock, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogNoAnswer(snapshot.Scene, exception.Message);
            return [];
        }
    }

    private async Task<SceneOverview> OverviewAsync(string scene, CancellationToken cancellationToken) =>
        (await AskAsync(scene, s_overview, cancellationToken)).Overview;

    [SuppressMessage("Design", "CA1031", Justification = "A scene that cannot answer is shown as faulty; the others are still shown.")]
    private async Task<(SceneOverview Overview, SceneSnapshot? Snapshot)> AskAsync(
        string scene, SnapshotSpan span, CancellationToken cancellationToken)
    {
        try
        {
            var snapshot = await grains.GetGrain<ISceneGrain>(scene).GetSnapshotAsync(span, cancellationToken)
                .WaitAsync(s_patience, clock, cancellationToken);
            return (OverviewOf(snapshot), snapshot);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogNoAnswer(scene, exception.Message);
            return (
                new SceneOverview
                {
                    Scene = scene,
                    Policy = scenes[scene].Policy,
                    Cameras = [],
                    Open = scenes[scene].IsOpen,
                    Fault = "The scene does not answer now.",
                },
                null);
        }
    }

    // What all pages share is written once.
    private byte[] FrameOf(double time, List<byte[]> lines, SceneSnapshot? scene, DecisionDetail[]? details = null)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(lines.Sum(line => line.Length + 1) + 8192);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("time", time);
            json.WriteStartArray("scenes");
            foreach (var line in lines) json.WriteRawValue(line, skipInputValidation: true);
            json.WriteEndArray();
            json.WritePropertyName("scene");
            JsonSerializer.Serialize(json, scene, JtfaJson.Options);
            json.WritePropertyName("details");
            JsonSerializer.Serialize(json, details ?? [], JtfaJson.Options);
            json.WriteBoolean("cameraSwitches", options.CameraSwitches);
            json.WriteEndObject();
        }

        return EventStream.Frame("live", null, buffer.WrittenSpan);
    }

    private void Close(string? scene)
    {
        lock (_gate)
        {
            _pages--;
            if (scene is not null && --_watched[scene] == 0) _watched.Remove(scene);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Live pages were not told how the scenes are doing")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Scene {Scene} does not tell how it is doing: {Reason}")]
    private partial void LogNoAnswer(string scene, string reason);

    /// <summary>What all pages are told at one moment.</summary>
    /// <param name="Number">Counts updates.</param>
    /// <param name="Overview">For pages that watch no scene and have had the update before.</param>
    /// <param name="Scenes">For pages that watch one, by its name, and have had the update before.</param>
    /// <param name="Whole">For a page that watches a scene, or none, and has missed some: with every scene's line.</param>
    /// <param name="Followed">Set when there is a newer one.</param>
    public sealed record Update(
        long Number, byte[] Overview, IReadOnlyDictionary<string, byte[]> Scenes, Func<string?, byte[]> Whole,
        TaskCompletionSource Followed)
    {
        /// <summary>What a page is told, by the number of the last update that it had.</summary>
        public byte[] For(string? scene, long last) =>
            Number > last + 1 ? Whole(scene) : scene is not null && Scenes.TryGetValue(scene, out var frame) ? frame : Overview;
    }

    private sealed class Page(LiveBoard board, string? scene) : IDisposable
    {
        public void Dispose() => board.Close(scene);
    }
}
