using System.CommandLine;
using System.Globalization;
using Jtfa.Testbed.Links;
using Jtfa.Testbed.Sockets;

namespace Jtfa.Lab.Commands;

/// <summary><c>jtfa relay</c>: impaired links between camera views and a gateway.</summary>
internal static class RelayCommand
{
    private const int MaxLinks = 256;

    private static readonly Option<string> s_profile = new("--profile")
    {
        Description = "What the links do: wired, wifi-good, wifi-busy, one-straggler, one-dead, burst-loss, fades, or one of --profiles.",
        Required = true,
    };
    private static readonly Option<string?> s_profiles = ProfileFile.Option();
    private static readonly Option<string[]> s_link =
        new("--link") { Description = "A link, [address:]port=host:port; repeat it for each. The first is link 0.", Required = true };
    private static readonly Option<ulong> s_seed =
        new("--seed") { Description = "Seed: the same gives every packet the same fate again.", DefaultValueFactory = _ => 1 };
    private static readonly Option<string?> s_log = new("--log") { Description = "A CSV file that gets each packet's fate." };
    private static readonly Option<double?> s_seconds = RunFor.Option();

    public static Command Create()
    {
        var command = new Command(
            "relay", "Pass datagrams on over links that delay, lose, reorder, copy and limit them.")
        {
            s_profile, s_profiles, s_link, s_seed, s_log, s_seconds,
        };
        command.SetAction(RunAsync);
        return command.WithExamples(
            "jtfa relay --profile wifi-busy --link 6001=127.0.0.1:5005 --link 6002=127.0.0.1:5005 --seed 1",
            "jtfa relay --profile one-dead --link 6001=127.0.0.1:5005 --log fates.csv --seconds 30");
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var profile = ProfileOf(parsed);
        var texts = parsed.GetValue(s_link)!;
        if (texts.Length > MaxLinks) throw new UsageException($"--link: allowed are {MaxLinks} links, not {texts.Length}");
        if (profile.Links.Keys.DefaultIfEmpty(0).Max() is var last && last >= texts.Length)
            throw new UsageException(
                $"--profile {profile.Name} tells what link {last} does: allowed are {last + 1} --link or more, not {texts.Length}");
        var links = new List<RelayLink>();
        foreach (var text in texts) links.Add(await LinkAsync(text, profile.ForLink(links.Count), cancellationToken));
        var seconds = RunFor.Parse(parsed.GetValue(s_seconds));

        await using var log = parsed.GetValue(s_log) is { } path ? new RelayLog(path) : null;
        using var relay = new Relay(links, parsed.GetValue(s_seed), log is null ? null : log.Add);
        for (var i = 0; i < links.Count; i++)
            await Console.Error.WriteLineAsync($"Link {i}: UDP {relay.EndPoint(i)} to {links[i].To}, {profile.Name}");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (seconds is { } limit) stop.CancelAfter(limit);
        foreach (var line in Lines(await relay.RunAsync(stop.Token), log)) await Console.Out.WriteLineAsync(line);
        return 0;
    }

    private static Profile ProfileOf(ParseResult parsed)
    {
        var profiles = ProfileFile.Load(parsed.GetValue(s_profiles));
        var name = parsed.GetValue(s_profile)!;
        return profiles.TryGetValue(name, out var profile)
            ? profile
            : throw new UsageException($"--profile {name}: allowed is {string.Join(", ", profiles.Keys)}");
    }

    private static async Task<RelayLink> LinkAsync(string text, LinkProfile profile, CancellationToken cancellationToken)
    {
        var equals = text.IndexOf('=');
        if (equals < 1) throw new UsageException($"--link {text}: allowed is [address:]port=host:port");
        return new RelayLink(HostPort.Listen(text[..equals]), await HostPort.FindAsync(text[(equals + 1)..], cancellationToken), profile);
    }

    private static IEnumerable<string> Lines(RelaySummary summary, RelayLog? log)
    {
        for (var i = 0; i < summary.Links.Count; i++)
        {
            var link = summary.Links[i];
            var outcomes = Enum.GetValues<RelayOutcome>().Where(outcome => outcome == RelayOutcome.Sent || link[outcome] > 0)
                .Select(outcome => $"{link[outcome]} {Words(outcome)}");
            var drops = link.KernelDrops > 0 ? $", {link.KernelDrops} more came too fast and were dropped by the kernel" : "";
            yield return $"link {i}: {link.Received} received, {string.Join(", ", outcomes)}{drops}";
        }

        var error = summary.ErrorMs;
        if (error.Count > 0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"own error: p50 {error.Quantile(0.5):F3} ms, p99 {error.Quantile(0.99):F3} ms, max {error.Max:F3} ms of {error.Count} " +
                $"({(summary.IsRealTime ? "real-time" : "ordinary")} priority)");
        }

        if (log?.Left > 0) yield return $"{log.Left} lines are missing in the log: the disk did not keep up";
    }

    private static string Words(RelayOutcome outcome) => outcome switch
    {
        RelayOutcome.Sent => "sent",
        RelayOutcome.Copy => "copies sent",
        RelayOutcome.Lost => "lost",
        RelayOutcome.Burst => "lost in bursts",
        RelayOutcome.Queue => "dropped by the full queue",
        RelayOutcome.Overflow => "dropped: too many held",
        RelayOutcome.Refused => "refused by the system",
        _ => "not due yet",
    };
}
