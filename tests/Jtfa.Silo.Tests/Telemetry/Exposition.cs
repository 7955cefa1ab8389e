using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Jtfa.Silo.Tests.Telemetry;

/// <summary>A sample of Prometheus' text format.</summary>
internal sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

/// <summary>A family of it: its help may be missing.</summary>
internal sealed record Family(string Name)
{
    public string? Type { get; set; }

    public string? Help { get; set; }

    public List<Sample> Samples { get; } = [];
}

/// <summary>
/// Prometheus' text format, read by its rules: valid names, one family a name, all samples of a family together and none twice.
/// </summary>
internal sealed partial class Exposition
{
    private readonly Dictionary<string, Family> _families = [];
    private readonly HashSet<string> _seen = [];
    private Family? _family;

    private Exposition(string text) => Text = text;

    public string Text { get; }

    public IReadOnlyCollection<Family> Families => _families.Values;

    public IEnumerable<Sample> Samples => Families.SelectMany(family => family.Samples);

    public Family this[string family] => _families[family];

    /// <exception cref="FormatException">It is not that format.</exception>
    public static Exposition Read(string text)
    {
        var read = new Exposition(text);
        if (text.Length > 0 && text[^1] != '\n') throw new FormatException("the last line does not end");
        foreach (var line in text.Split('\n')[..^1]) read.Take(line);
        return read;
    }

    /// <summary>The value of a sample with exactly these labels, as <c>name=value</c>; null when there is none.</summary>
    public double? Value(string sample, params string[] labels) => Samples.SingleOrDefault(found =>
        found.Name == sample && found.Labels.Select(label => $"{label.Key}={label.Value}").Order().SequenceEqual(labels.Order()))?.Value;

    private void Take(string line)
    {
        if (line.StartsWith("# HELP ", StringComparison.Ordinal)) TakeHelp(line.Split(' ', 4));
        else if (line.StartsWith("# TYPE ", StringComparison.Ordinal)) TakeType(line.Split(' '));
        else TakeSample(line);
    }

    private void TakeHelp(string[] words) => Begin(words[2]).Help = Unescape(words[3]);

    private void TakeType(string[] words)
    {
        if (words.Length != 4) throw new FormatException(string.Join(' ', words));
        Begin(words[2]).Type = words[3];
    }

    // Help and type come in any order, before the samples.
    private Family Begin(string name)
    {
        if (_family?.Name == name && _family.Samples.Count == 0) return _family;
        _family = new Family(name);
        _families.Add(name, _family);
        return _family;
    }

    private void TakeSample(string line)
    {
        var match = SampleLine().Match(line);
        var name = match.Groups["name"].Value;
        if (!match.Success || _family is null || !BelongsTo(name, _family))
            throw new FormatException($"not a sample of {_family?.Name}: {line}");
        if (!_seen.Add(line[..line.LastIndexOf(' ')])) throw new FormatException($"twice: {line}");
        var labels = match.Groups["label"].Captures.Zip(match.Groups["text"].Captures)
            .ToDictionary(pair => pair.First.Value, pair => Unescape(pair.Second.Value));
        _family.Samples.Add(new Sample(name, labels, Number(match.Groups["value"].Value)));
    }

    private static bool BelongsTo(string sample, Family family) => sample == family.Name
        ? family.Type != "histogram"
        : family.Type == "histogram" && sample.StartsWith($"{family.Name}_", StringComparison.Ordinal)
            && sample[(family.Name.Length + 1)..] is "bucket" or "sum" or "count";

    private static double Number(string value) => value switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(value, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    private static string Unescape(string value)
    {
        var text = new StringBuilder();
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] != '\\') text.Append(value[i]);
            else text.Append(
                value[++i] switch { 'n' => '\n', '\\' => '\\', '"' => '"', var other => throw new FormatException($"escape of {other}") });
        }

        return text.ToString();
    }

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{((?<label>[a-zA-Z_][a-zA-Z0-9_]*)="(?<text>([^"\\]|\\.)*)",?)*\})? (?<value>\S+)$""")]
    private static partial Regex SampleLine();
}
