using System.Collections.Concurrent;
using System.Reflection;
using Jtfa.Core;
using Jtfa.Grains;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>One call of a window: the gateway's batch for it.</summary>
/// <param name="Window">The window's key.</param>
/// <param name="Policy">The policy that came with it.</param>
/// <param name="Tokens">View, label and bytes of each token, in the batch's order.</param>
internal sealed record WindowCall(string Window, ScenePolicy Policy, (int View, int Label, int Bytes)[] Tokens);

/// <summary>Stands for the grains: answers for scenes, and records what windows are given instead of deciding.</summary>
internal class RecordedWindows : DispatchProxy
{
    private readonly ConcurrentQueue<WindowCall> _calls = new();
    private Func<string, Task>? _answer;
    private Dictionary<string, SceneRouting> _scenes = [];
    private bool _records;

    /// <summary>What windows were given, in the order of the calls.</summary>
    public IReadOnlyList<WindowCall> Calls => [.. _calls];

    /// <summary>Makes the grains.</summary>
    /// <param name="scenes">The scenes to answer for.</param>
    /// <param name="answer">What a call of a window returns; null completes at once.</param>
    /// <param name="records">Whether calls are recorded, which allocates.</param>
    public static (IGrainFactory Grains, RecordedWindows Windows) Create(
        IEnumerable<SceneOptions> scenes, Func<string, Task>? answer = null, bool records = true)
    {
        var grains = Create<IGrainFactory, RecordedWindows>();
        var windows = (RecordedWindows)(object)grains;
        windows._answer = answer;
        windows._records = records;
        windows._scenes = scenes.ToDictionary(
            scene => scene.Name,
            scene => new SceneRouting(AxisHead.Dimension, scene.ToPolicy(), 0, scene.ToPolicy(), 0));
        return (grains, windows);
    }

    protected override object Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var key = (string)args![0]!;
        return targetMethod!.GetGenericArguments()[0] == typeof(ISceneGrain) ? new Scene(_scenes[key]) : new Window(this, key);
    }

    private Task Take(string window, TokenBatch batch)
    {
        if (_records) _calls.Enqueue(new WindowCall(window, batch.Policy, TokensOf(batch.Tokens)));
        return _answer?.Invoke(window) ?? Task.CompletedTask;
    }

    private static (int View, int Label, int Bytes)[] TokensOf(byte[] bytes)
    {
        var block = new TokenBlock(bytes);
        var tokens = new (int, int, int)[block.Count];
        for (var i = 0; i < tokens.Length; i++) tokens[i] = (block.Header(i).View, block.Header(i).Label, block.Header(i).Bytes);
        return tokens;
    }

    private sealed class Window(RecordedWindows windows, string key) : IFusionWindowGrain
    {
        public Task AddAsync(TokenBatch batch) => windows.Take(key, batch);
    }

    private sealed class Scene(SceneRouting routing) : ISceneGrain
    {
        public Task<SceneRouting> GetRoutingAsync(CancellationToken cancellationToken) => Task.FromResult(routing);

        public Task<SceneRouting> SetPolicyAsync(ScenePolicy policy, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task ReportAsync(Decision decision) => throw new NotSupportedException();

        public Task CloseAsync(WindowTally tally) => throw new NotSupportedException();

        public Task<SceneStatistics> GetStatisticsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<Decision[]> GetRecentAsync(int count, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<SceneSnapshot> GetSnapshotAsync(SnapshotSpan span, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task ReportTrafficAsync(string gateway, ViewTraffic[] views) => Task.CompletedTask;

        public Task AnnounceAsync(int view, string camera) => throw new NotSupportedException();
    }
}
