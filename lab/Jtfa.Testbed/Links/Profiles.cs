using System.Text.Json;

namespace Jtfa.Testbed.Links;

/// <summary>A named set of links' profiles: what each link of an experiment does.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Default">What a link does that <paramref name="Links"/> does not have.</param>
/// <param name="Links">What single links do instead, by their number from 0.</param>
public sealed record Profile(string Name, LinkProfile Default, IReadOnlyDictionary<int, LinkProfile> Links)
{
    /// <summary>Whether its links fade by time, but for those that differ.</summary>
    public bool Fades => Default.Fade is not null;

    /// <summary>What a link does.</summary>
    public LinkProfile ForLink(int link) => Links.TryGetValue(link, out var own) ? own : Default;
}

/// <summary>Reads files of profiles: one JSON object, a member a profile.</summary>
public static class Profiles
{
    /// <summary>The profiles that come with the program.</summary>
    public static string ShippedPath => Path.Combine(AppContext.BaseDirectory, "testbed", "profiles.json");

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is missing, not JSON, or has members or values that are not allowed; all faults are
    /// named.</exception>
    public static IReadOnlyDictionary<string, Profile> Load(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path), path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{path}: {exception.Message}", exception);
        }
    }

    /// <summary>Reads a file's content.</summary>
    /// <param name="json">The content.</param>
    /// <param name="file">What faults call it.</param>
    /// <exception cref="InvalidDataException">As <see cref="Load"/>.</exception>
    public static IReadOnlyDictionary<string, Profile> Parse(string json, string file)
    {
        try
        {
            using var document = JsonDocument.Parse(
                json, new JsonDocumentOptions { AllowDuplicateProperties = false, CommentHandling = JsonCommentHandling.Skip });
            var faults = new List<string>();
            var profiles = ProfileReader.Read(document.RootElement, faults);
            return faults.Count == 0 ? profiles : throw new InvalidDataException($"{file}: {string.Join("; ", faults)}");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{file} is not JSON: {exception.Message}", exception);
        }
    }
}
