namespace Jtfa.Language.Tokenizers.Templates;

/// <summary>What a function, filter or test is called with.</summary>
/// <param name="Name">The function, for messages.</param>
/// <param name="Positional">By place.</param>
/// <param name="Named">By name.</param>
internal sealed record Arguments(string Name, List<object?> Positional, Map Named)
{
    /// <summary>An argument by its place or name.</summary>
    public bool TryGet(int place, string name, out object? value)
    {
        if (place < Positional.Count)
        {
            value = Positional[place];
            return true;
        }

        return Named.TryGetValue(name, out value);
    }

    /// <summary>An argument that may be left out.</summary>
    public object? Get(int place, string name, object? otherwise) => TryGet(place, name, out var value) ? value : otherwise;

    /// <summary>One that may not.</summary>
    public object? Needed(int place, string name) =>
        TryGet(place, name, out var value) ? value : throw new TemplateException(0, $"'{Name}' lacks its argument '{name}'");

    /// <summary>Text.</summary>
    public string Text(int place, string name) => Needed(place, name) as string ??
        throw new TemplateException(0, $"'{Name}' takes a string as '{name}', not a {Values.Kind(Needed(place, name))}");

    /// <summary>A whole number.</summary>
    public long Whole(int place, string name, long? otherwise = null) => Get(place, name, otherwise) switch
    {
        long number => number,
        bool flag => flag ? 1 : 0,
        var other => throw new TemplateException(0, $"'{Name}' takes a whole number as '{name}', not a {Values.Kind(other)}"),
    };

    /// <summary>The arguments without the first ones.</summary>
    public Arguments Without(int count) => this with { Positional = [.. Positional.Skip(count)] };
}
