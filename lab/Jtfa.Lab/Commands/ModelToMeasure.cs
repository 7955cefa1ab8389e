using System.CommandLine;
using Jtfa.Lab.Bench;
using Jtfa.Language.Models;
using Jtfa.Language.Weights;

namespace Jtfa.Lab.Commands;

/// <summary>The model that a bench of texts measures: a file's, or random weights of a known model's sizes.</summary>
internal static class ModelToMeasure
{
    /// <summary>The option that names a file.</summary>
    public static Option<FileInfo?> Option(string without) => new("--model") { Description = $"A GGUF file; without, {without}." };

    /// <summary>The file that was named, or the model that comes with the program.</summary>
    public static (string Path, string Name) OrShipped(FileInfo? file) =>
        file is null ? (ShippedModel.ModelPath, "JTFA definitions") : Of(file);

    /// <summary>The file that was named, or one of random weights, which is made in the folder for temporary files.</summary>
    public static (string Path, string Name) OrRandom(FileInfo? file, string shape, string type)
    {
        if (file is not null) return Of(file);
        var format = WeightFormat.Find(type)!;
        return (LanguageShape.All.First(known => known.Name == shape).Prepare(format), $"{shape} {format.Name}");
    }

    /// <summary>A number of an option within its bounds.</summary>
    /// <exception cref="UsageException">It lies outside.</exception>
    public static T Within<T>(this ParseResult parsed, Option<T> option, T least, T most)
        where T : IComparable<T> =>
        parsed.GetValue(option) is { } value && value.CompareTo(least) >= 0 && value.CompareTo(most) <= 0
            ? value
            : throw new UsageException(FormattableString.Invariant(
                $"{option.Name} {parsed.GetValue(option)}: allowed is {least} … {most}"));

    private static (string Path, string Name) Of(FileInfo file) => file.Exists
        ? (file.FullName, Path.GetFileNameWithoutExtension(file.Name))
        : throw new UsageException($"--model {file}: there is no such file");
}
