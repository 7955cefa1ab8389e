namespace Jtfa.Core.Tests.Windows;

/// <summary>What a window did in the end, or at once: its outcome where it fired, its counts where it went.</summary>
internal sealed record LaneEvent(long Decision, FireCause? Fired, double DueAt, double FiredAt, string Outcome);

/// <summary>What a lane must do, told plainly: a <see cref="FusionWindow"/> a decision id, looked at one by one.</summary>
internal sealed class NaiveLane(int dimension)
{
    private readonly List<Window> _windows = [];

    /// <summary>Windows that have not gone.</summary>
    public int Count => _windows.Count;

    /// <summary>When something is next to be done.</summary>
    public double NextDue => _windows.Select(window => window.NextDue).DefaultIfEmpty(double.PositiveInfinity).Min();

    /// <summary>Tokens, all at once: what is complete then fires, in the order in which the K-th view came.</summary>
    public List<LaneEvent> Add(IReadOnlyList<(WindowToken Token, WindowRule Rule, double OpensAt)> tokens, double now, FusionHead head)
    {
        var complete = new List<Window>();
        foreach (var (token, rule, opensAt) in tokens)
        {
            var window = _windows.Find(window => window.Decision == token.Header.Decision);
            if (window is null) _windows.Add(window = new Window(token.Header, rule, opensAt, dimension));
            window.Tokens.Add(token.Header, token.Values);
            if (window.Tokens.IsComplete && !complete.Contains(window)) complete.Add(window);
        }

        return [.. complete.Select(window => window.Fire(FireCause.K, now, head))];
    }

    /// <summary>Whatever has come by now, each at its time.</summary>
    public List<LaneEvent> Pass(double now, double wallNow, FusionHead head)
    {
        var events = new List<(double At, LaneEvent Event)>();
        foreach (var window in _windows.ToList())
        {
            if (!window.Tokens.HasFired && window.FiresAt <= now) events.Add((window.FiresAt, window.Fire(FireCause.T, wallNow, head)));
            if (window.GoesAt > now) continue;
            events.Add((window.GoesAt, window.Tallied()));
            _windows.Remove(window);
        }

        return [.. events.OrderBy(one => one.At).Select(one => one.Event)];
    }

    /// <summary>The clock of another process, which is ahead of this one's.</summary>
    public void Shift(double by)
    {
        foreach (var window in _windows) window.OpenedAt += by;
    }

    /// <summary>An outcome in words, so that arrays are compared by what is in them.</summary>
    public static string Told(in FiredWindow fired) => $"{string.Join(' ', fired.Views)}: {fired with { Views = [] }}";

    /// <summary>What a window has counted besides its decision.</summary>
    public static string Told(FusionWindow window) =>
        $"late {window.Late} of {string.Join(' ', window.LateViews)}, {window.Duplicates} twice, {window.Surplus} too many";

    private sealed class Window(TokenHeader first, WindowRule rule, double openedAt, int dimension)
    {
        public FusionWindow Tokens { get; } = new(rule.K, rule.N, dimension);

        public long Decision => first.Decision;

        public double OpenedAt { get; set; } = openedAt;

        public double FiresAt => OpenedAt + rule.T;

        public double GoesAt => OpenedAt + rule.T + rule.Linger;

        public double NextDue => Tokens.HasFired ? GoesAt : FiresAt;

        public LaneEvent Fire(FireCause cause, double now, FusionHead head)
        {
            var dueAt = cause == FireCause.K ? Tokens.CompletedAt : first.ReceivedAt + rule.T;
            return new LaneEvent(Decision, cause, dueAt, now, Told(Tokens.Fire(cause, now, head, rule.Beta)));
        }

        public LaneEvent Tallied() => new(Decision, null, 0, 0, Told(Tokens));
    }
}
