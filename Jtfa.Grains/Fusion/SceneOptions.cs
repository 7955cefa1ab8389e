using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>The scenes that this silo knows (configuration section <c>Jtfa</c>).</summary>
public sealed class ScenesOptions
{
    /// <summary>The scenes; when none is configured, one named "default" with the default policy.</summary>
    public List<SceneOptions> Scenes { get; init; } = [];

    /// <summary>What is wrong, one line a fault; empty when all is valid.</summary>
    public IEnumerable<string> Faults()
    {
        for (var i = 0; i < Scenes.Count; i++)
        {
            var scene = Scenes[i];
            if (string.IsNullOrWhiteSpace(scene.Name) || scene.Name.Contains('/'))
                yield return $"Jtfa:Scenes:{i}:Name='{scene.Name}': allowed is a name without '/'";
            if (Scenes.FindIndex(s => s.Name == scene.Name) != i)
                yield return $"Jtfa:Scenes:{i}:Name='{scene.Name}': allowed is each name once";
            foreach (var fault in scene.ToPolicy().Faults()) yield return $"Jtfa:Scenes:{i}:{fault}";
            if (!Enum.IsDefined(scene.Authentication))
                yield return $"Jtfa:Scenes:{i}:Authentication={scene.Authentication}: allowed is " +
                    string.Join(", ", Enum.GetNames<TokenAuthentication>());
            foreach (var (view, name) in scene.ViewNames.Where(named => named.Key < 0 || string.IsNullOrWhiteSpace(named.Value)))
                yield return $"Jtfa:Scenes:{i}:ViewNames:{view}='{name}': allowed is a name for a view, 0 or more";
            if (scene.Index is < 0 or > ArrayPacketCodec.MaxSceneIndex)
                yield return $"Jtfa:Scenes:{i}:Index={scene.Index}: allowed is 0 … {ArrayPacketCodec.MaxSceneIndex}";
            if (scene.Index > 0 && Scenes.FindIndex(s => s.Index == scene.Index) != i)
                yield return $"Jtfa:Scenes:{i}:Index={scene.Index}: allowed is each number once, above 0";
            if (scene.Views.Exists(view => view < 0)) yield return $"Jtfa:Scenes:{i}:Views={scene.Views.Min()}: allowed is 0 or more";
        }
    }
}

/// <summary>One scene's configuration. A scene starts with the policy given here, unless one was set at run time before.</summary>
public sealed class SceneOptions
{
    /// <summary>The scene's name.</summary>
    public string Name { get; init; } = "default";

    /// <summary>Views needed.</summary>
    public int K { get; init; } = 3;

    /// <summary>Views expected.</summary>
    public int N { get; init; } = 4;

    /// <summary>Timeout, milliseconds.</summary>
    public double T { get; init; } = 120;

    /// <summary>Window width, milliseconds.</summary>
    public double W { get; init; } = 100;

    /// <summary>How long a window stays beyond T, milliseconds.</summary>
    public double Linger { get; init; } = 250;

    /// <summary>Lanes that share the scene's windows.</summary>
    public int Lanes { get; init; } = 4;

    /// <summary>How a token's decision id is found.</summary>
    public WindowKeying Keying { get; init; } = WindowKeying.Timestamp;

    /// <summary>Inverse temperature of the gate; null takes the head's own.</summary>
    public double? Beta { get; init; }

    /// <summary>Whether T is fixed or adapts.</summary>
    public WindowTimeout Timeout { get; init; }

    /// <summary>The shortest T where it adapts, milliseconds.</summary>
    public double TMin { get; init; } = 2;

    /// <summary>The longest T where it adapts, milliseconds.</summary>
    public double TMax { get; init; } = 250;

    /// <summary>Where T adapts, the share of windows that is to have its K-th view within T.</summary>
    public double Quantile { get; init; } = 0.95;

    /// <summary>Where T adapts, what is added to the time in which that share has its K-th view, milliseconds.</summary>
    public double Margin { get; init; } = 2;

    /// <summary>The fewest views that K falls to while views are silent; null: K is fixed.</summary>
    public int? KMin { get; init; }

    /// <summary>The head.npz that decides; empty takes the shipped one.</summary>
    public string Head { get; init; } = "";

    /// <summary>The views that may send; empty are 0 … N − 1.</summary>
    public List<int> Views { get; init; } = [];

    /// <summary>The number by which tokens of the wire's version 2 name the scene; 0: they name it by its name, or by the port.</summary>
    public int Index { get; init; }

    /// <summary>Names of views, for people: of cameras that no silo declares, or instead of their own.</summary>
    public Dictionary<int, string> ViewNames { get; init; } = [];

    /// <summary>Which tokens it takes, by their tags.</summary>
    public TokenAuthentication Authentication { get; init; } = TokenAuthentication.Open;

    /// <summary>The policy that these values make; not checked.</summary>
    public ScenePolicy ToPolicy() => new()
    {
        K = K,
        N = N,
        T = Milliseconds(T),
        W = Milliseconds(W),
        Linger = Milliseconds(Linger),
        Lanes = Lanes,
        Keying = Keying,
        Beta = Beta,
        Timeout = Timeout,
        TMin = Milliseconds(TMin),
        TMax = Milliseconds(TMax),
        Quantile = Quantile,
        Margin = Milliseconds(Margin),
        KMin = KMin,
    };

    // Rounded to the nearest tick, as JtfaJson does. What a TimeSpan cannot hold becomes its largest value, so that the policy's own
    // check names it, instead of an OverflowException.
    private static TimeSpan Milliseconds(double value) =>
        double.IsFinite(value) && Math.Abs(value) < 1e12
            ? TimeSpan.FromTicks((long)Math.Round(value * TimeSpan.TicksPerMillisecond))
            : TimeSpan.MaxValue;
}
