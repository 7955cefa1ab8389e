using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Jtfa.Cli.Help;
using Jtfa.Core;
using Jtfa.Interfaces;

namespace Jtfa.Cli.Commands;

/// <summary><c>jtfa scene</c>: the scenes of a running silo, their policies and their past minutes.</summary>
internal static class SceneCommand
{
    private const string HeadsOwn = "head";
    private const string NoLeastK = "none";

    private static readonly Argument<string> s_scene = new("scene") { Description = "The scene." };
    private static readonly Option<int?> s_k = new("--k") { Description = "K: views needed." };
    private static readonly Option<int?> s_n = new("--n") { Description = "N: views expected." };
    private static readonly Option<double?> s_timeout = new("--timeout") { Description = "T, milliseconds." };
    private static readonly Option<double?> s_window = new("--window") { Description = "W, milliseconds." };
    private static readonly Option<double?> s_linger =
        new("--linger") { Description = "How long a fired window stays to count late tokens, milliseconds." };
    private static readonly Option<string?> s_beta =
        new("--beta") { Description = "Inverse temperature of the gate; 'head' takes the head's own." };
    private static readonly Option<WindowKeying?> s_keying =
        new("--keying") { Description = "How tokens find their window: Timestamp, Sequence or Arrival." };
    private static readonly Option<WindowTimeout?> s_mode =
        new("--timeout-mode") { Description = "Whether T is Fixed, or Adaptive: it follows how long views have taken of late." };
    private static readonly Option<double?> s_timeoutMin = new("--timeout-min") { Description = "The shortest adaptive T, milliseconds." };
    private static readonly Option<double?> s_timeoutMax = new("--timeout-max") { Description = "The longest adaptive T, milliseconds." };
    private static readonly Option<double?> s_quantile =
        new("--quantile") { Description = "The share of windows that is to have its K-th view within the adaptive T, 0.5 to 0.999." };
    private static readonly Option<double?> s_margin =
        new("--margin") { Description = "What the adaptive T is longer than that share needs, milliseconds." };
    private static readonly Option<string?> s_leastK =
        new("--k-min") { Description = $"The fewest views that K falls to while cameras are silent; '{NoLeastK}': K is fixed." };
    private static readonly Option<int> s_last = new("--last")
    {
        Description = "The newest N minutes in which anything happened.",
        DefaultValueFactory = _ => new MinuteQuery { Scene = "" }.Limit,
    };

    private static readonly Option[] s_changes =
    [
        s_k, s_n, s_timeout, s_window, s_linger, s_beta, s_keying, s_mode, s_timeoutMin, s_timeoutMax, s_quantile, s_margin, s_leastK,
    ];

    // Their names in a policy, in the same order.
    private static readonly string[] s_changed =
        ["K", "N", "T", "W", "Linger", "Beta", "Keying", "Timeout", "TMin", "TMax", "Quantile", "Margin", "KMin"];

    public static Command Create()
    {
        foreach (var (option, setting) in s_changes.Zip(s_changed)) option.Sets(setting);
        var list = new Command("list", "List the scenes.");
        list.WithExamples("jtfa scene list", "jtfa scene list --json").SetAction(ListAsync);
        var get = new Command("get", "Print a scene's policy, and from when it holds.") { s_scene };
        get.WithExamples("jtfa scene get lobby").SetAction(GetAsync);
        var set = new Command("set", "Change a scene's policy while it runs, only what is given.") { s_scene };
        foreach (var change in s_changes) set.Add(change);
        set.WithExamples(
            "jtfa scene set lobby --k 2", "jtfa scene set lobby --timeout 80 --beta head",
            "jtfa scene set lobby --timeout-mode Adaptive --k-min 2").SetAction(SetAsync);

        var minutes = new Command("minutes", "Print what happened in a scene a minute, from the log.")
        {
            s_scene, s_last,
        };
        minutes.WithExamples("jtfa scene minutes lobby --last 60").SetAction(MinutesAsync);

        var command = new Command("scene", "List scenes, print a scene's policy or change it, print a scene's past minutes.")
        {
            list, get, set, minutes,
        };
        foreach (var verb in command.Subcommands) ServerOptions.AddTo(verb);
        return command.WithExamples("jtfa scene list", "jtfa scene get lobby", "jtfa scene set lobby --k 2", "jtfa scene minutes lobby");
    }

    private static async Task<int> ListAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = ServerOptions.Connect(parsed);
        var scenes = await client.GetScenesAsync(cancellationToken);
        if (parsed.GetValue(ServerOptions.Json)) return await PrintAsync(scenes);
        var table = new ResultTable("scene", "d", "classes");
        foreach (var scene in scenes)
            table.Add(
                scene.Scene, ResultTable.Count(scene.Dimension),
                scene.ClassNames.Length > 0 ? string.Join(", ", scene.ClassNames) : ResultTable.Count(scene.Classes));
        await table.WriteAsync();
        return 0;
    }

    private static async Task<int> GetAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = ServerOptions.Connect(parsed);
        if (parsed.GetValue(ServerOptions.Json))
            return await PrintAsync(await client.GetPolicyAsync(parsed.GetValue(s_scene)!, cancellationToken));
        var snapshot = await client.GetSnapshotAsync(parsed.GetValue(s_scene)!, new SnapshotSpan(0, 0, 0), cancellationToken);
        await WriteAsync(snapshot.Scene, snapshot.Routing, snapshot.Time);
        return 0;
    }

    private static async Task<int> SetAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        if (s_changes.All(change => parsed.GetResult(change) is null))
            throw new UsageException(
                $"scene set: needs what is to change, one of {string.Join(", ", s_changes.Select(change => change.Name))}");
        var change = Change(parsed); // before the silo is asked, so that a wrong value is reported first
        var scene = parsed.GetValue(s_scene)!;
        using var client = ServerOptions.Connect(parsed);
        var routing = await client.SetPolicyAsync(scene, change(await client.GetPolicyAsync(scene, cancellationToken)), cancellationToken);
        if (parsed.GetValue(ServerOptions.Json)) return await PrintAsync(routing);
        await WriteAsync(scene, routing, now: double.NegativeInfinity);
        return 0;
    }

    private static async Task<int> MinutesAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var last = parsed.GetValue(s_last);
        if (last is < 1 or > MinuteQuery.MaxLimit) throw new UsageException($"--last {last}: allowed is 1 … {MinuteQuery.MaxLimit}");
        using var client = ServerOptions.Connect(parsed);
        var minutes = await client.GetMinutesAsync(new MinuteQuery { Scene = parsed.GetValue(s_scene)!, Limit = last }, cancellationToken);
        if (parsed.GetValue(ServerOptions.Json)) return await PrintAsync(minutes);
        var table = new ResultTable(
            "from (UTC)", "decisions", "by K", "by T", "fill", "p50", "p90", "p99", "tail", "bytes", "late", "lost", "accuracy", "K", "T");
        foreach (var minute in minutes) table.Add(Cells(minute));
        await table.WriteAsync();
        return 0;
    }

    private static string[] Cells(SceneMinute minute) =>
    [
        DateTimeOffset.UnixEpoch.AddSeconds(minute.From).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
        ResultTable.Count(minute.Decisions), ResultTable.Count(minute.ByK), ResultTable.Count(minute.ByT),
        ResultTable.Number(minute.FillRatio, "F2"),
        ResultTable.Ms(minute.P50), ResultTable.Ms(minute.P90), ResultTable.Ms(minute.P99), ResultTable.Number(minute.TailFactor, "F2"),
        ResultTable.Count(minute.Bytes), ResultTable.Count(minute.Late), ResultTable.Count(minute.Lost),
        double.IsNaN(minute.Accuracy) ? "–" : $"{ResultTable.Number(minute.Accuracy * 100, "F1")} %",
        ResultTable.Count(minute.K), Milliseconds(minute.T),
    ];

    private static Func<ScenePolicy, ScenePolicy> Change(ParseResult parsed)
    {
        var (t, w, linger) = (Span(parsed, s_timeout), Span(parsed, s_window), Span(parsed, s_linger));
        var (tMin, tMax, margin) = (Span(parsed, s_timeoutMin), Span(parsed, s_timeoutMax), Span(parsed, s_margin));
        var beta = parsed.GetValue(s_beta) is { } text and not HeadsOwn ? Beta(text) : (double?)null;
        var leastK = parsed.GetValue(s_leastK) is { } views and not NoLeastK ? LeastK(views) : (int?)null;
        return policy => policy with
        {
            K = parsed.GetValue(s_k) ?? policy.K,
            N = parsed.GetValue(s_n) ?? policy.N,
            T = t ?? policy.T,
            W = w ?? policy.W,
            Linger = linger ?? policy.Linger,
            Keying = parsed.GetValue(s_keying) ?? policy.Keying,
            Beta = parsed.GetValue(s_beta) is null ? policy.Beta : beta,
            Timeout = parsed.GetValue(s_mode) ?? policy.Timeout,
            TMin = tMin ?? policy.TMin,
            TMax = tMax ?? policy.TMax,
            Quantile = parsed.GetValue(s_quantile) ?? policy.Quantile,
            Margin = margin ?? policy.Margin,
            KMin = parsed.GetValue(s_leastK) is null ? policy.KMin : leastK,
        };
    }

    private static int LeastK(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var views)
        ? views
        : throw new UsageException($"--k-min {text}: allowed is a number of views or '{NoLeastK}'");

    private static TimeSpan? Span(ParseResult parsed, Option<double?> option) => parsed.GetValue(option) switch
    {
        null => null,
        { } milliseconds when Math.Abs(milliseconds) < 1e12 => TimeSpan.FromMicroseconds(milliseconds * 1000),
        { } milliseconds => throw new UsageException($"{option.Name} {milliseconds}: allowed is a time in milliseconds"),
    };

    private static double Beta(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var beta) && double.IsFinite(beta)
        ? beta
        : throw new UsageException($"--beta {text}: allowed is a number or '{HeadsOwn}'");

    // Prints the policy that holds until a change that is still to come, if there is one, and the policy after it.
    private static async Task WriteAsync(string scene, SceneRouting routing, double now)
    {
        var table = new ResultTable("scene", "K", "N", "T", "W", "linger", "keying", "beta", "holds");
        var at = DateTimeOffset.UnixEpoch.AddSeconds(routing.CurrentFrom)
            .ToString("yyyy-MM-dd HH:mm:ss.fff 'UTC'", CultureInfo.InvariantCulture);
        if (now < routing.CurrentFrom && routing.Previous != routing.Current)
            Add(routing.Previous, routing.PreviousInForce, $"until {at}");
        Add(routing.Current, routing.CurrentInForce, now < routing.CurrentFrom ? $"from {at}" : "now");
        await table.WriteAsync();

        void Add(ScenePolicy policy, ScenePolicy? inForce, string holds) => table.Add(
            scene, KOf(policy, inForce), ResultTable.Count(policy.N), TOf(policy, inForce), Milliseconds(policy.W),
            Milliseconds(policy.Linger),
            $"{policy.Keying}", policy.Beta?.ToString(CultureInfo.InvariantCulture) ?? HeadsOwn, holds);
    }

    /// <summary>K in force, and the policy's where that is another.</summary>
    internal static string KOf(ScenePolicy policy, ScenePolicy? inForce) => inForce is { } now && now.K != policy.K
        ? $"{ResultTable.Count(now.K)} ({ResultTable.Count(policy.K)})"
        : ResultTable.Count(policy.K);

    /// <summary>T in force, and whether it adapts.</summary>
    internal static string TOf(ScenePolicy policy, ScenePolicy? inForce) => policy.Timeout == WindowTimeout.Adaptive
        ? string.Create(CultureInfo.InvariantCulture, $"{(inForce ?? policy).T.TotalMilliseconds:0.#} ms, adaptive")
        : Milliseconds(policy.T);

    private static string Milliseconds(TimeSpan span) => $"{span.TotalMilliseconds.ToString(CultureInfo.InvariantCulture)} ms";

    private static async Task<int> PrintAsync<T>(T answer)
    {
        await Console.Out.WriteLineAsync(JsonSerializer.Serialize(answer, JtfaJson.Options));
        return 0;
    }
}
