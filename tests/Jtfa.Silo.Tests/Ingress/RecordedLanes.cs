using System.Collections.Concurrent;
using System.Reflection;
using Jtfa.Core;
using Jtfa.Grains;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>A token as a lane was given it.</summary>
internal readonly record struct LaneToken(long Decision, int View, int Label, int Bytes);

/// <summary>One call of a lane: the gateway's batch for it.</summary>
/// <param name="Lane">The lane's key.</param>
/// <param name="Policy">The policy that came with it.</param>
/// <param name="Tokens">The tokens, in the batch's order.</param>
/// <param name="ClockEpoch">The clock epoch that they came in.</param>
internal sealed record LaneCall(string Lane, ScenePolicy Policy, LaneToken[] Tokens, int ClockEpoch)
{
    /// <summary>The window of each token, as <c>scene/decision</c>.</summary>
    public IEnumerable<string> Windows => Tokens.Select(token => $"{Lane[..Lane.LastIndexOf('/')]}/{token.Decision}");
}

/// <summary>Stands for the grains: answers for scenes, and records what lanes are given instead of deciding.</summary>
internal class RecordedLanes : DispatchProxy
{
    private readonly ConcurrentQueue<LaneCall> _calls = new();
    private readonly ConcurrentDictionary<string, int> _underWay = new();
    private Func<string, Task>? _answer;
    private Dictionary<string, RecordedScene> _scenes = [];
    private bool _records;
    private int _mostAtOnce;

    /// <summary>What lanes were given, in the order of the calls.</summary>
    public IReadOnlyList<LaneCall> Calls => [.. _calls];

    /// <summary>The most calls of one lane that were under way at once.</summary>
    public int MostAtOnce => Volatile.Read(ref _mostAtOnce);

    /// <summary>Makes the grains.</summary>
    /// <param name="scenes">The scenes to answer for.</param>
    /// <param name="answer">What a call of a lane returns; null completes at once.</param>
    /// <param name="records">Whether calls are recorded, which allocates.</param>
    public static (IGrainFactory Grains, RecordedLanes Lanes) Create(
        IEnumerable<SceneOptions> scenes, Func<string, Task>? answer = null, bool records = true)
    {
        var grains = Create<IGrainFactory, RecordedLanes>();
        var lanes = (RecordedLanes)(object)grains;
        lanes._answer = answer;
        lanes._records = records;
        lanes._scenes = scenes.ToDictionary(scene => scene.Name, scene => new RecordedScene(scene));
        return (grains, lanes);
    }

    /// <summary>A scene that it answers for.</summary>
    public RecordedScene Scene(string name) => _scenes[name];

    protected override object Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        // An observer is its own reference: whoever has it calls it.
        if (targetMethod!.Name == nameof(IGrainFactory.CreateObjectReference)) return args![0]!;
        var key = (string)args![0]!;
        return targetMethod.GetGenericArguments()[0] == typeof(ISceneGrain) ? _scenes[key] : new Lane(this, key);
    }

    private Task Take(string lane, TokenBatch batch)
    {
        if (_records) _calls.Enqueue(new LaneCall(lane, batch.Policy, TokensOf(batch.Tokens), batch.ClockEpoch));
        if (_answer is null) return Task.CompletedTask;
        var atOnce = _underWay.AddOrUpdate(lane, 1, (_, count) => count + 1);
        if (atOnce > _mostAtOnce) _mostAtOnce = atOnce;
        return AnswerAsync(lane);
    }

    private async Task AnswerAsync(string lane)
    {
        try
        {
            await _answer!(lane);
        }
        finally
        {
            _underWay.AddOrUpdate(lane, 0, (_, count) => count - 1);
        }
    }

    private static LaneToken[] TokensOf(byte[] bytes)
    {
        var block = new TokenBlock(bytes);
        var tokens = new LaneToken[block.Count];
        for (var i = 0; i < tokens.Length; i++)
        {
            ref readonly var header = ref block.Header(i);
            tokens[i] = new LaneToken(header.Decision, header.View, header.Label, header.Bytes);
        }

        return tokens;
    }

    private sealed class Lane(RecordedLanes lanes, string key) : IFusionWindowGrain
    {
        public Task AddAsync(TokenBatch batch) => lanes.Take(key, batch);

        public Task<DecisionDetail[]> GetDetailsAsync(DecisionKey[] decisions, bool withVectors) => throw new NotSupportedException();
    }
}
