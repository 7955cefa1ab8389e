using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Grains.Tests;

/// <summary>Cameras and a gateway in a few lines: captures on multiples of a period, keyed and batched as the gateway does.</summary>
internal sealed class TokenFeed(TestSilo silo, int cameras)
{
    private static readonly TimeSpan s_asks = TimeSpan.FromMilliseconds(250);

    private readonly DecisionKeyer _keyer = new();
    private readonly Dictionary<long, ScenePolicy> _opened = [];
    private SceneRouting? _routing;
    private long _askedAt;

    /// <summary>Tokens sent to windows.</summary>
    public int Sent { get; private set; }

    /// <summary>The decisions that tokens were sent for, each with the policy of its first.</summary>
    public IReadOnlyDictionary<long, ScenePolicy> Opened => _opened;

    /// <summary>Every camera captures, now; a view whose number is in <paramref name="silent"/> does not.</summary>
    public Task CaptureAsync(CancellationToken cancellationToken, params int[] silent) => CaptureAsync(silent, apart: 0, cancellationToken);

    /// <summary>The same, and each view's token comes a millisecond after that of the view before.</summary>
    public Task CaptureApartAsync(int[] silent, CancellationToken cancellationToken) => CaptureAsync(silent, apart: 1, cancellationToken);

    private async Task CaptureAsync(int[] silent, double apart, CancellationToken cancellationToken)
    {
        if (_routing is null || silo.Clock.GetElapsedTime(_askedAt) >= s_asks)
            (_routing, _askedAt) = (await silo.Scene.GetRoutingAsync(cancellationToken), silo.Clock.GetTimestamp());
        var now = silo.Now;
        var policy = _routing.InForceAt(now);
        var rule = new KeyingRule(
            policy.Keying, policy.K, policy.T.TotalSeconds, policy.W.TotalSeconds, policy.Linger.TotalSeconds, policy.Lanes);
        foreach (var view in Enumerable.Range(0, cameras))
        {
            if (view > 0 && apart > 0) silo.Advance(apart);
            if (silent.Contains(view)) continue;
            Assert.Equal(RejectReason.None, _keyer.TryKey(now, view, null, silo.Now, rule, out var decision));
            _opened.TryAdd(decision, policy);
            Sent++;
            await silo.AddAsync(decision, policy, new SampleToken(view, silo.Now, Label: 1));
        }
    }
}
