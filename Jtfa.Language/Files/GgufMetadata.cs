using System.Diagnostics.CodeAnalysis;

namespace Jtfa.Language.Files;

/// <summary>
/// The metadata of a GGUF file, in the file's order. A value is a number of .NET's type of the same name, a <see cref="bool"/>, a
/// <see cref="string"/>, or an array of one of these.
/// </summary>
/// <param name="file">The file, for messages.</param>
public sealed class GgufMetadata(string file)
{
    private readonly List<KeyValuePair<string, object>> _values = [];
    private readonly Dictionary<string, object> _byKey = new(StringComparer.Ordinal);

    /// <summary>The file that it is of, for messages.</summary>
    public string File => file;

    /// <summary>All keys and values.</summary>
    public IReadOnlyList<KeyValuePair<string, object>> Values => _values;

    /// <summary>Adds a value.</summary>
    /// <returns>Whether the key is new.</returns>
    public bool TryAdd(string key, object value)
    {
        if (!_byKey.TryAdd(key, value)) return false;
        _values.Add(new(key, value));
        return true;
    }

    /// <summary>Whether there is a value.</summary>
    public bool Has(string key) => _byKey.ContainsKey(key);

    /// <summary>A value of a type.</summary>
    /// <returns>Whether it is there.</returns>
    /// <exception cref="ModelFileException">It is there, and of another type.</exception>
    public bool TryGet<T>(string key, [MaybeNullWhen(false)] out T value)
    {
        value = default;
        if (!_byKey.TryGetValue(key, out var found)) return false;
        if (found is not T typed) throw Mistyped(key, found, typeof(T).Name);
        value = typed;
        return true;
    }

    /// <summary>A value of a type.</summary>
    /// <exception cref="ModelFileException">It is missing or of another type.</exception>
    public T Get<T>(string key) => TryGet<T>(key, out var value) ? value : throw Missing(key);

    /// <summary>A whole number of any integral type.</summary>
    /// <param name="key">The key.</param>
    /// <param name="least">The smallest that is allowed.</param>
    /// <param name="most">The largest that is allowed.</param>
    /// <param name="otherwise">What a missing value stands for; null: it may not be missing.</param>
    /// <exception cref="ModelFileException">It is missing, of another type, or outside the range.</exception>
    public int WholeNumber(string key, int least, int most, int? otherwise = null)
    {
        if (!_byKey.TryGetValue(key, out var found)) return otherwise ?? throw Missing(key);
        var value = found switch
        {
            byte or sbyte or ushort or short or uint or int or long => Convert.ToInt64(found, null),
            ulong large => large > long.MaxValue ? long.MaxValue : (long)large,
            _ => throw Mistyped(key, found, "whole number"),
        };
        return value >= least && value <= most
            ? (int)value
            : throw new ModelFileException(file, $"{key}={found}: allowed is {least} … {most}");
    }

    /// <summary>A finite number of any numeric type.</summary>
    /// <param name="key">The key.</param>
    /// <param name="otherwise">What a missing value stands for; null: it may not be missing.</param>
    /// <exception cref="ModelFileException">It is missing, of another type, or not finite.</exception>
    public double Number(string key, double? otherwise = null)
    {
        if (!_byKey.TryGetValue(key, out var found)) return otherwise ?? throw Missing(key);
        if (found is bool or string or Array) throw Mistyped(key, found, "number");
        var value = Convert.ToDouble(found, null);
        return double.IsFinite(value) ? value : throw new ModelFileException(file, $"{key}={value}: allowed is a finite number");
    }

    private ModelFileException Missing(string key) => new(file, $"the key {key} is missing: convert the model again");

    private ModelFileException Mistyped(string key, object found, string expected) =>
        new(file, $"the key {key} has the type {found.GetType().Name}, expected is {expected}");
}
