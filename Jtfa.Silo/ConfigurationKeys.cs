using System.ComponentModel;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Jtfa.Silo;

/// <summary>Finds configuration keys that nothing reads: a misspelt key is an error, not a default.</summary>
internal static class ConfigurationKeys
{
    /// <summary>The faults of a section's keys, one line each.</summary>
    /// <param name="section">The section.</param>
    /// <param name="sections">What each of its own sections is bound to.</param>
    public static IEnumerable<string> Faults(IConfigurationSection section, IReadOnlyDictionary<string, Type> sections) =>
        section.GetChildren().SelectMany(child => Find(sections.Keys, child.Key) is { } name
            ? Faults(child, sections[name])
            : [Unknown(child, sections.Keys)]);

    private static IEnumerable<string> Faults(IConfigurationSection section, Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;

        // Before the rest, since one that is a list may be written as one value, too.
        if (ItemOf(type) is { } itemType) return section.GetChildren().SelectMany(item => Faults(item, itemType));
        if (TypeDescriptor.GetConverter(type).CanConvertFrom(typeof(string)))
            return section.GetChildren().Select(child => $"{child.Path}: not allowed, {section.Path} is one value");

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Dictionary<,>))
        {
            var (key, value) = (TypeDescriptor.GetConverter(type.GetGenericArguments()[0]), type.GetGenericArguments()[1]);
            return section.GetChildren().SelectMany(
                item => key.IsValid(item.Key) ? Faults(item, value) : [$"{item.Path}: allowed is a number for {item.Key}"]);
        }

        var settings = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.SetMethod is { IsPublic: true })
            .ToDictionary(property => property.Name, property => property.PropertyType);
        return Faults(section, settings);
    }

    // What a list has, of a type that is one or is derived from one.
    private static Type? ItemOf(Type? type)
    {
        for (; type is not null; type = type.BaseType)
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>)) return type.GetGenericArguments()[0];
        return null;
    }

    private static string Unknown(IConfigurationSection child, IEnumerable<string> allowed) =>
        $"{child.Path}: there is no such setting; allowed in {child.Path[..^(child.Key.Length + 1)]} are {string.Join(", ", allowed)}";

    private static string? Find(IEnumerable<string> names, string key) =>
        names.FirstOrDefault(name => name.Equals(key, StringComparison.OrdinalIgnoreCase));
}
