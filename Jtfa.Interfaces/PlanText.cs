using System.Globalization;
using System.Text;

namespace Jtfa.Interfaces;

/// <summary>
/// A plan as a person writes it: <c>blocks 0-10: a &amp; b; 11-21: c</c>. Silos with <c>&amp;</c> between them share a stage's heads; a
/// silo's share is written <c>a[2]</c> where it is not equal to the others': two heads of keys and values.
/// </summary>
public static class PlanText
{
    private const string Prefix = "blocks";

    /// <summary>Writes a plan.</summary>
    /// <returns>One line.</returns>
    public static string Format(ModelPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var text = new StringBuilder(Prefix).Append(' ');
        for (var i = 0; i < plan.Stages.Length; i++)
        {
            var stage = plan.Stages[i];
            if (i > 0) text.Append("; ");
            text.Append(CultureInfo.InvariantCulture, $"{stage.First}");
            if (stage.Count > 1) text.Append(CultureInfo.InvariantCulture, $"-{stage.First + stage.Count - 1}");
            text.Append(": ");
            if (stage.Shards.Length == 0) text.Append(stage.Silo);
            var isEven = stage.Shards.All(shard => shard.Heads == stage.Shards[0].Heads);
            text.AppendJoin(" & ", stage.Shards.Select(shard => isEven ? shard.Silo : Invariant($"{shard.Silo}[{shard.Heads}]")));
        }

        return text.ToString();
    }

    /// <summary>Reads a plan.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="text">One line.</param>
    /// <param name="heads">The model's heads of keys and values, which silos of one stage share.</param>
    /// <exception cref="FormatException">It is no plan; the message is one line that says what is allowed.</exception>
    public static ModelPlan Parse(string model, string text, int heads)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        text = text.Trim();
        if (text.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)) text = text[Prefix.Length..];
        return new ModelPlan { Model = model, Stages = [.. text.Split(';').Select(stage => ParseStage(stage.Trim(), heads))] };
    }

    private static StagePlan ParseStage(string text, int heads)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0) throw Wrong(text);
        string[] ends = [.. text[..colon].Split('-').Select(end => end.Trim())];
        if (ends.Length > 2 || !TryNumber(ends[0], out var first) || !TryNumber(ends[^1], out var last) || last < first) throw Wrong(text);
        var silos = text[(colon + 1)..].Split('&').Select(silo => ParseSilo(silo.Trim(), text)).ToList();
        var stage = new StagePlan { Silo = silos[0].Silo, First = first, Count = last - first + 1 };
        return silos.Count == 1 ? stage : stage with { Shards = ShardsOf(text, silos, heads) };
    }

    private static (string Silo, int? Heads) ParseSilo(string text, string stage)
    {
        var bracket = text.EndsWith(']') ? text.LastIndexOf('[') : -1;
        if (bracket < 0) return text.Length > 0 ? (text, null) : throw Wrong(stage);
        return bracket > 0 && TryNumber(text[(bracket + 1)..^1], out var heads) && heads > 0
            ? (text[..bracket].Trim(), heads)
            : throw Wrong(stage);
    }

    // Those whose share is not written have what is left, equally; the first ones one more where it does not come out even.
    private static ShardPlan[] ShardsOf(string text, List<(string Silo, int? Heads)> silos, int heads)
    {
        var (left, open) = (heads - silos.Sum(silo => silo.Heads ?? 0), silos.Count(silo => silo.Heads is null));
        if (left < open || (open == 0 && left != 0))
        {
            throw new FormatException(
                $"the stage '{text}': {silos.Count} silos share {heads} heads of keys and values, each one or more, and all of them "
                + "together");
        }

        var (shards, next) = (new List<ShardPlan>(), 0);
        foreach (var (silo, given) in silos)
        {
            var share = given ?? ((left + open - 1) / open);
            if (given is null) (left, open) = (left - share, open - 1);
            shards.Add(new ShardPlan(silo, next, share));
            next += share;
        }

        return [.. shards];
    }

    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static FormatException Wrong(string stage) =>
        new($"the stage '{stage}' is none: allowed is 'blocks 0-10: silo; 11-21: silo & silo', with a name for each silo");
}
