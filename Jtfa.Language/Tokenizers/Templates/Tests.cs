namespace Jtfa.Language.Tokenizers.Templates;

/// <summary>What stands behind 'is'.</summary>
internal static class Tests
{
    private static readonly Dictionary<string, Func<object?, Arguments, bool>> s_tests = new(StringComparer.Ordinal)
    {
        ["defined"] = (value, _) => value is not Undefined,
        ["undefined"] = (value, _) => value is Undefined,
        ["none"] = (value, _) => value is null,
        ["string"] = (value, _) => value is string,
        ["mapping"] = (value, _) => value is Map,
        ["sequence"] = (value, _) => value is string or Map or List<object?> or Undefined,
        ["iterable"] = (value, _) => value is string or Map or List<object?> or Undefined,
        ["number"] = (value, _) => value is long or double or bool,
        ["integer"] = (value, _) => value is long,
        ["float"] = (value, _) => value is double,
        ["boolean"] = (value, _) => value is bool,
        ["true"] = (value, _) => value is true,
        ["false"] = (value, _) => value is false,
        ["callable"] = (value, _) => value is Callable,
        ["odd"] = (value, _) => Values.IsNumber(value, out var number) && number % 2 != 0,
        ["even"] = (value, _) => Values.IsNumber(value, out var number) && number % 2 == 0,
        ["divisibleby"] = (value, a) => Values.IsNumber(value, out var number) && number % a.Whole(0, "num") == 0,
        ["in"] = (value, a) => Values.Contains(a.Needed(0, "seq"), value),
        ["lower"] = (value, _) => Values.Text(value) is var text && text.Any(char.IsLower) && !text.Any(char.IsUpper),
        ["upper"] = (value, _) => Values.Text(value) is var text && text.Any(char.IsUpper) && !text.Any(char.IsLower),
        ["eq"] = (value, a) => Values.AreEqual(value, a.Needed(0, "other")),
        ["equalto"] = (value, a) => Values.AreEqual(value, a.Needed(0, "other")),
        ["=="] = (value, a) => Values.AreEqual(value, a.Needed(0, "other")),
        ["ne"] = (value, a) => !Values.AreEqual(value, a.Needed(0, "other")),
        ["!="] = (value, a) => !Values.AreEqual(value, a.Needed(0, "other")),
        ["lt"] = (value, a) => Values.Compare(value, a.Needed(0, "other")) < 0,
        ["le"] = (value, a) => Values.Compare(value, a.Needed(0, "other")) <= 0,
        ["gt"] = (value, a) => Values.Compare(value, a.Needed(0, "other")) > 0,
        ["ge"] = (value, a) => Values.Compare(value, a.Needed(0, "other")) >= 0,
    };

    /// <summary>A test by its name; null when there is none.</summary>
    public static Func<object?, Arguments, bool>? Find(string name) => s_tests.GetValueOrDefault(name);
}
