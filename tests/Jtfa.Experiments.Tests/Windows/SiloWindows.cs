using Jtfa.Core;

namespace Jtfa.Experiments.Tests.Windows;

/// <summary>What a silo does with tokens, told plainly: its keyer, its windows, and a clock that steps from event to event.</summary>
internal static class SiloWindows
{
    public static (List<(long Id, FiredWindow Fired)> Fired, int Late, int Duplicates, int Surplus, int Rejected) Decide(TokenCase tokens)
    {
        var policy = tokens.Policy;
        var keyer = new DecisionKeyer(policy.MaxAge, policy.MaxAhead);
        var rule = new KeyingRule(WindowKeying.Timestamp, policy.K, policy.T, policy.W, policy.Linger);
        var windows = new Dictionary<long, (FusionWindow Window, double OpenedAt)>();
        var fired = new List<(long Id, FiredWindow Fired)>();
        var rejected = 0;
        var times = tokens.Tokens.Select(token => token.Header.ReceivedAt)
            .Concat(tokens.Tokens.Select(token => token.Header.ReceivedAt + policy.T)).Distinct();
        foreach (var now in times.Order())
        {
            foreach (var (id, (window, _)) in windows.Where(one => !one.Value.Window.HasFired && one.Value.OpenedAt + policy.T == now))
                fired.Add((id, window.Fire(FireCause.T, now, TokenCase.Head, TokenCase.Head.Beta)));
            foreach (var token in tokens.Tokens.Where(token => token.Header.ReceivedAt == now))
            {
                if (keyer.TryKey(token.Header.Timestamp, token.Header.View, null, now, rule, out var id) != RejectReason.None)
                {
                    rejected++;
                    continue;
                }

                if (!windows.ContainsKey(id)) windows[id] = (new FusionWindow(policy.K, policy.N, TokenCase.Dimension), now);
                windows[id].Window.Add(token.Header, token.Values);
            }

            foreach (var (id, (window, _)) in windows.Where(one => one.Value.Window.IsComplete))
                fired.Add((id, window.Fire(FireCause.K, now, TokenCase.Head, TokenCase.Head.Beta)));
        }

        var all = windows.Values.Select(one => one.Window).ToList();
        var ordered = fired.OrderBy(one => one.Fired.FiredAt).ThenBy(one => one.Id).ToList();
        return (ordered, all.Sum(window => window.Late), all.Sum(window => window.Duplicates), all.Sum(window => window.Surplus), rejected);
    }
}
