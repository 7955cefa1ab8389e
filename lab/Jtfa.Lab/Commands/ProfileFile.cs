using System.CommandLine;
using Jtfa.Testbed.Links;

namespace Jtfa.Lab.Commands;

/// <summary>The option of commands that impair links: which file of profiles.</summary>
internal static class ProfileFile
{
    public static Option<string?> Option() => new("--profiles") { Description = "A file of link profiles (default: the shipped ones)." };

    /// <summary>The file's profiles.</summary>
    /// <exception cref="UsageException">It cannot be read, or holds what is not allowed.</exception>
    public static IReadOnlyDictionary<string, Profile> Load(string? path)
    {
        try
        {
            return Profiles.Load(path ?? Profiles.ShippedPath);
        }
        catch (InvalidDataException exception)
        {
            throw new UsageException(exception.Message);
        }
    }
}
