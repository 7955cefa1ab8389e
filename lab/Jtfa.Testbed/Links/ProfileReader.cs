using System.Globalization;
using System.Text.Json;

namespace Jtfa.Testbed.Links;

/// <summary>Reads profiles from JSON; what is wrong it adds to a list.</summary>
internal static class ProfileReader
{
    private const double MaxMs = 60_000;
    private const double LeastFadeMs = 1; // so that a long pause between packets is not too many stays
    private const double MaxFadeMs = 86_400_000;
    private const double MaxShape = 100;
    private const double MaxKbitPerSecond = 10_000_000;
    private const int MaxBytes = 1 << 28;
    private const int MaxLinks = 256;
    private const double LeastPositive = 1e-6;

    /// <summary>All profiles of a file.</summary>
    public static IReadOnlyDictionary<string, Profile> Read(JsonElement file, List<string> faults)
    {
        if (file.ValueKind == JsonValueKind.Object)
            return file.EnumerateObject().ToDictionary(member => member.Name, member => Profile(member.Value, member.Name, faults));
        faults.Add("allowed is an object with a member for each profile");
        return new Dictionary<string, Profile>();
    }

    private static Profile Profile(JsonElement element, string name, List<string> faults)
    {
        var group = new JsonGroup(element, name, faults, "about", "default", "links");
        if (group.Find("about") is { ValueKind: not JsonValueKind.String } about) group.Fault($"{name}.about", about, "a text");
        var links = new Dictionary<int, LinkProfile>();
        if (group.Find("links") is { } own) ReadLinks(own, $"{name}.links", links, group, faults);
        return new Profile(name, group.Find("default") is { } link ? Link(link, $"{name}.default", faults) : new LinkProfile(), links);
    }

    private static void ReadLinks(
        JsonElement element, string path, Dictionary<int, LinkProfile> links, JsonGroup profile, List<string> faults)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            profile.Fault(path, element, "an object with a member for each link that differs");
            return;
        }

        foreach (var member in element.EnumerateObject())
        {
            // A number may be written in one way only, so that no link is there twice.
            if (int.TryParse(member.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < MaxLinks
                && number.ToString(CultureInfo.InvariantCulture) == member.Name)
                links[number] = Link(member.Value, $"{path}.{member.Name}", faults);
            else faults.Add($"{path}.{member.Name}: allowed is a link's number, 0 … {MaxLinks - 1}");
        }
    }

    private static LinkProfile Link(JsonElement element, string path, List<string> faults)
    {
        var group = new JsonGroup(element, path, faults, "delay", "loss", "burst", "fade", "reorder", "duplicate", "rate");
        return new LinkProfile
        {
            Delay = group.Find("delay") is { } delay ? Delay(delay, $"{path}.delay", faults) : null,
            Loss = group.Number("loss", 0, 1, 0),
            Burst = group.Find("burst") is { } burst ? Burst(burst, $"{path}.burst", faults) : null,
            Fade = group.Find("fade") is { } fade ? Fade(fade, $"{path}.fade", faults) : null,
            Reorder = group.Find("reorder") is { } reorder ? Reorder(reorder, $"{path}.reorder", faults) : null,
            Duplicate = group.Number("duplicate", 0, 1, 0),
            Rate = group.Find("rate") is { } rate ? Rate(rate, $"{path}.rate", faults) : null,
        };
    }

    // Which members there are depends on the distribution.
    private static DelayProfile Delay(JsonElement element, string path, List<string> faults)
    {
        var kind = new JsonGroup(element, path, faults, "distribution", "ms", "spreadMs", "shape", "maxMs")
            .Word<DelayDistribution>("distribution");
        string[] members = kind switch
        {
            DelayDistribution.Constant => ["distribution", "ms"],
            DelayDistribution.Normal => ["distribution", "ms", "spreadMs", "maxMs"],
            _ => ["distribution", "ms", "spreadMs", "shape", "maxMs"],
        };
        if (faults.Any(fault => fault.StartsWith(path, StringComparison.Ordinal))) return new DelayProfile(kind, 0);
        var group = new JsonGroup(element, path, faults, members);
        var ms = group.Number("ms", 0, MaxMs);
        if (kind == DelayDistribution.Constant) return new DelayProfile(kind, ms);
        var spread = group.Number("spreadMs", LeastPositive, MaxMs);
        var shape = kind == DelayDistribution.Pareto ? group.Number("shape", LeastPositive, MaxShape) : 0;
        return new DelayProfile(kind, ms, spread, shape, group.Number("maxMs", ms, MaxMs, MaxMs));
    }

    private static BurstProfile Burst(JsonElement element, string path, List<string> faults)
    {
        var group = new JsonGroup(element, path, faults, "toBad", "toGood", "lossBad", "lossGood");
        return new BurstProfile(
            group.Number("toBad", LeastPositive, 1), group.Number("toGood", LeastPositive, 1), group.Number("lossBad", 0, 1, 1),
            group.Number("lossGood", 0, 1, 0));
    }

    private static FadeProfile Fade(JsonElement element, string path, List<string> faults)
    {
        var group = new JsonGroup(element, path, faults, "goodMs", "badMs", "lossBad", "lossGood");
        return new FadeProfile(
            group.Number("goodMs", LeastFadeMs, MaxFadeMs), group.Number("badMs", LeastFadeMs, MaxFadeMs),
            group.Number("lossBad", 0, 1, 1), group.Number("lossGood", 0, 1, 0));
    }

    private static ReorderProfile Reorder(JsonElement element, string path, List<string> faults)
    {
        var group = new JsonGroup(element, path, faults, "share", "holdMs");
        return new ReorderProfile(group.Number("share", 0, 1), group.Number("holdMs", 0, MaxMs));
    }

    private static RateProfile Rate(JsonElement element, string path, List<string> faults)
    {
        var group = new JsonGroup(element, path, faults, "kbitPerSecond", "burstBytes", "queueBytes");
        return new RateProfile(
            group.Number("kbitPerSecond", LeastPositive, MaxKbitPerSecond), group.Whole("burstBytes", 1, MaxBytes),
            group.Whole("queueBytes", 0, MaxBytes));
    }
}
