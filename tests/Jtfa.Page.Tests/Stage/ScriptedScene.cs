using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Page.Tests.Stage;

/// <summary>A scene whose ten decisions a second follow from their ids, so that a test knows what the page must show.</summary>
internal sealed class ScriptedScene
{
    private const double Rate = 10;
    private static readonly string[] s_names = ["door", "window", "shelf", "ceiling", "gate", "ramp", "roof", "yard"];
    private readonly double _began = TimeProvider.System.UnixSeconds() - 320;

    public ScriptedScene(string name, int views = 4)
    {
        (Name, Views) = (name, views);
        var policy = new ScenePolicy { K = views - 1, N = views };
        Routing = new SceneRouting(16, policy, 0, policy, 0);
    }

    public string Name { get; }

    public int Views { get; }

    public SceneRouting Routing { get; private set; }

    /// <summary>Views whose tokens come after the window fired.</summary>
    public int[] Late { get; set; } = [];

    /// <summary>Views of which nothing comes.</summary>
    public int[] Missing { get; set; } = [];

    /// <summary>Views whose cameras were switched off.</summary>
    public int[] SwitchedOff { get; set; } = [];

    /// <summary>Whether its cameras give pictures.</summary>
    public bool GivesPictures { get; set; }

    /// <summary>What happened.</summary>
    public SceneEvent[] Events { get; set; } = [];

    /// <summary>Whether anybody on the network may send it tokens.</summary>
    public bool IsOpen { get; set; }

    public static string NameOf(int view) => s_names[view];

    public static int ViewOf(string name) => Array.IndexOf(s_names, name);

    /// <summary>Sets a policy as a silo does: it takes hold a little later.</summary>
    public SceneRouting Set(ScenePolicy policy) =>
        Routing = new SceneRouting(16, policy, TimeProvider.System.UnixSeconds() + 0.6, Routing.Current, Routing.Version + 1);

    /// <summary>Puts another K and T in force, as a scene does whose policy adapts.</summary>
    public void Adapt(int k, double milliseconds) =>
        Routing = Routing with { CurrentInForce = Routing.Current.InForce(k, TimeSpan.FromMilliseconds(milliseconds)) };

    public SceneOverview Overview() => new()
    {
        Scene = Name,
        Policy = Routing.Current,
        Decisions = Newest(Now) - Newest(_began),
        DecisionsPerSecond = 10,
        ByKPerSecond = 9,
        Latency = LatencyAt((long)Now),
        AccRunning = 0.857,
        Cameras = [.. Enumerable.Range(0, Views).Select(view => new CameraMark(view, NameOf(view), TimingOf(view)))],
        Open = IsOpen,
    };

    /// <summary>What came after a decision, or the whole past.</summary>
    public SceneSnapshot Snapshot(long? after)
    {
        var (now, newest) = (Now, Newest(Now));
        var known = Math.Max(after ?? 0, newest - (after is null ? 200 : 32));
        var second = (long)now;
        return new()
        {
            Scene = Name,
            Time = now,
            Routing = Routing,
            Statistics = new()
            {
                Decisions = newest - Newest(_began),
                ByK = 900,
                ByT = 100,
                FillRatio = 0.75,
                Accuracy = 0.857,
                Latency = LatencyAt(second),
            },
            Cameras = [.. Enumerable.Range(0, Views).Select(view => HealthOf(view, now))],
            Seconds = [.. Range(Math.Max((long)_began, second - (after is null ? 300 : 2)), second).Select(SecondOf)],
            Windows = [.. Range(newest - (after is null ? 256 : 48), newest).Select(id => WindowOf(id, newest))],
            Decisions = [.. Range(known, newest).Select(id => DecisionOf(id + 1))],
            Events = Events,
        };
    }

    public static long Newest(double time) => (long)(time * Rate);

    /// <summary>Every ninth by T, every seventh wrong.</summary>
    public Decision DecisionOf(long id)
    {
        var latency = (id % 9 == 0 ? Routing.Current.T.TotalSeconds : 0.004) + (id % 13 * 0.0004);
        var views = InTime();
        return new()
        {
            Scene = Name,
            Id = id,
            Timestamp = id / Rate,
            Cause = id % 9 == 0 ? FireCause.T : FireCause.K,
            M = views.Length,
            FillRatio = (double)views.Length / Views,
            Bytes = 112 * views.Length,
            LatMean = latency,
            P50 = latency,
            P90 = latency,
            P99 = latency,
            TailFactor = 1,
            Pred = (int)(id % 10),
            Label = $"thing {id % 10}",
            Gt = (int)((id % 7 == 0 ? id + 1 : id) % 10),
            AccRunning = 0.857,
            Confidence = 0.5 + (id % 5 * 0.1),
            Views = views,
        };
    }

    /// <summary>How a decision came about: the first view that is in time counts for half, the others share the rest.</summary>
    public DecisionDetail DetailOf(Decision decision) => new()
    {
        Id = decision.Id,
        ClockEpoch = decision.ClockEpoch,
        Beta = 1,
        Trace = decision.Id % 2 == 0 ? null : "4bf92f3577b34da6a3ce929d0e0e4736",
        Tokens =
        [
            .. decision.Views.Select((view, index) => new TokenShare
            {
                View = view,
                Weight = decision.Views.Length == 1 ? 1 : index == 0 ? 0.5 : 0.5 / (decision.Views.Length - 1),
                CapturedAt = decision.Timestamp - decision.LatMean,
                ReceivedAt = decision.Timestamp - 0.001,
                Quality = 1,
                Gt = decision.Gt,
                Bytes = 112,
                Encoding = TokenEncoding.HMix,
            }),
        ],
    };

    private static double Now => TimeProvider.System.UnixSeconds();

    private CameraTiming TimingOf(int view) =>
        Missing.Contains(view) ? CameraTiming.Missing : Late.Contains(view) ? CameraTiming.Late : CameraTiming.OnTime;

    private int[] InTime() => [.. Enumerable.Range(0, Views).Except(Late).Except(Missing)];

    // Late views are known once the window has gone: a few windows later.
    private WindowArrivals WindowOf(long id, long newest) => new(id, DecisionOf(id).Cause, InTime(), id < newest - 4 ? Late : []);

    private CameraHealth HealthOf(int view, double now) => new()
    {
        View = view,
        Camera = NameOf(view),
        Declared = NameOf(view),
        SwitchedOff = SwitchedOff.Contains(view),
        GivesPictures = GivesPictures,
        Timing = TimingOf(view),
        LastTokenAt = Missing.Contains(view) ? now - 4 : now,
        Tokens = 1000,
        Bytes = 112_000,
        RateHz = Rate,
        Kbps = 9 + view,
        Jitter = 0.0008,
        ClockOffset = 0.001 * view,
        OnTime = 990,
        Late = 10,
    };

    private SceneSecond SecondOf(long second) => new()
    {
        Second = second,
        Decisions = 10,
        ByK = 9,
        Tokens = 30,
        Bytes = 3360,
        FillRatio = 0.75,
        Labelled = 10,
        Correct = 9 - (int)(second % 3),
        AccRunning = 0.857,
        Latency = LatencyAt(second),
        T = Routing.At(second).T,
    };

    private static LatencySummary LatencyAt(long second) =>
        new() { Count = 100, P50 = 0.0062, P90 = 0.0085, P99 = 0.1 + (second % 20 * 0.001), Max = 0.13 };

    private static IEnumerable<long> Range(long from, long to)
    {
        for (var at = from; at < to; at++) yield return at;
    }
}
