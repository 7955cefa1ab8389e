using System.Globalization;
using System.Text.Json;

namespace Jtfa.Testbed.Links;

/// <summary>
/// Reads one JSON object strictly. Each fault names member, value and what is allowed; reading goes on behind it, so that all are told at
/// once.
/// </summary>
internal sealed class JsonGroup
{
    private const int LongestValue = 40;

    private readonly JsonElement _element;
    private readonly List<string> _faults;

    /// <summary>An object with these members and no others.</summary>
    public JsonGroup(JsonElement element, string path, List<string> faults, params string[] allowed)
    {
        (_element, Path, _faults) = (element, path, faults);
        if (!IsObject) Fault(path, element, $"an object of {string.Join(", ", allowed)}");
        foreach (var member in Members.Where(member => !allowed.Contains(member.Name)))
            faults.Add($"{path}.{member.Name}: no such member; allowed is {string.Join(", ", allowed)}");
    }

    /// <summary>Where it stands, for faults.</summary>
    public string Path { get; }

    private bool IsObject => _element.ValueKind == JsonValueKind.Object;

    private IEnumerable<JsonProperty> Members => IsObject ? _element.EnumerateObject() : [];

    /// <summary>A member, if it is there.</summary>
    public JsonElement? Find(string name) => IsObject && _element.TryGetProperty(name, out var value) ? value : null;

    /// <summary>A number from a range.</summary>
    /// <param name="name">The member.</param>
    /// <param name="least">The smallest allowed.</param>
    /// <param name="most">The largest allowed.</param>
    /// <param name="otherwise">What it is where it is missing; null: it must not be.</param>
    public double Number(string name, double least, double most, double? otherwise = null)
    {
        var allowed = string.Create(CultureInfo.InvariantCulture, $"a number, {least} … {most}");
        if (Find(name) is not { } value)
        {
            if (otherwise is null && IsObject) _faults.Add($"{Path}.{name} is missing: allowed is {allowed}");
            return otherwise ?? least;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= least && number <= most)
            return number;
        Fault($"{Path}.{name}", value, allowed);
        return least;
    }

    /// <summary>A whole number from a range.</summary>
    public int Whole(string name, int least, int most)
    {
        var number = Number(name, least, most);
        if (number != Math.Floor(number)) Fault($"{Path}.{name}", Find(name)!.Value, $"a whole number, {least} … {most}");
        return (int)number;
    }

    /// <summary>One of several words.</summary>
    public T Word<T>(string name)
        where T : struct, Enum
    {
        var words = Enum.GetNames<T>().Select(word => word.ToLowerInvariant()).ToList();
        var allowed = string.Join(", ", words);
        if (Find(name) is not { } value)
        {
            if (IsObject) _faults.Add($"{Path}.{name} is missing: allowed is {allowed}");
            return default;
        }

        if (value.ValueKind == JsonValueKind.String && words.IndexOf(value.GetString()!) is >= 0 and var index)
            return Enum.GetValues<T>()[index];
        Fault($"{Path}.{name}", value, allowed);
        return default;
    }

    /// <summary>Tells of a value.</summary>
    public void Fault(string name, JsonElement value, string allowed)
    {
        var text = value.GetRawText().ReplaceLineEndings(" ");
        _faults.Add($"{name}={(text.Length > LongestValue ? text[..LongestValue] + "…" : text)}: allowed is {allowed}");
    }
}
