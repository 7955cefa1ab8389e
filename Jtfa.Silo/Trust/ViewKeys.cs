using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using Jtfa.Core;

namespace Jtfa.Silo.Trust;

/// <summary>
/// The keys that this process knows, by scene and view: those of every view on a gateway, its own on a camera. A view has two while its
/// key is changed; then the later line's is the newer. No message has a key in it.
/// </summary>
public sealed class ViewKeys
{
    /// <summary>Keys of one view that are valid at once, at most.</summary>
    public const int MostOfAView = 2;

    private readonly Dictionary<(string Scene, int View), List<byte[]>> _keys = [];

    /// <summary>Reads the keys of the file, then those of the configuration.</summary>
    /// <exception cref="InvalidDataException">A line is no key, or the file cannot be read or may be read by others; in one
    /// line.</exception>
    public ViewKeys(ViewKeysOptions options)
    {
        if (options.File.Length > 0)
            foreach (var (i, line) in LinesOf(options.File).Index()) Add(line, $"{options.File}:{i + 1}");
        foreach (var (i, line) in options.Views.Index()) Add(line, $"{ViewKeysOptions.Section}:Views:{i}");
    }

    /// <summary>A line of a new key.</summary>
    public static string NewLine(string scene, int view) =>
        $"{scene}/{view} {Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenKey.Size))}";

    /// <summary>Splits a view's name, scene/view, at its last '/'.</summary>
    /// <returns>Whether a view number follows it.</returns>
    public static bool TrySplit(ReadOnlySpan<char> name, out string scene, out int view)
    {
        var slash = name.LastIndexOf('/');
        (scene, view) = (name[..Math.Max(slash, 0)].ToString(), 0);
        return slash >= 0 && int.TryParse(name[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out view);
    }

    /// <summary>A view's keys, the newest first; empty where it has none.</summary>
    public IReadOnlyList<byte[]> Of(string scene, int view) => _keys.GetValueOrDefault((scene, view)) ?? [];

    /// <summary>A scene's views that have a key.</summary>
    public IEnumerable<int> ViewsOf(string scene) => _keys.Keys.Where(key => key.Scene == scene).Select(key => key.View);

    private static string[] LinesOf(string path)
    {
        try
        {
            return SecretFile.Read(path)?.Split('\n') ?? [];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException(
                $"{ViewKeysOptions.Section}:File={path}: {fault.Message.TrimEnd('.')}: 'jtfa key new' makes one", fault);
        }
    }

    private void Add(string line, string where)
    {
        line = line.Trim();
        if (line.Length == 0 || line[0] == '#') return;
        var space = line.LastIndexOf(' ');
        if (!TrySplit(line.AsSpan(0, Math.Max(space, 0)), out var scene, out var view) || KeyIn(line[(space + 1)..]) is not { } key)
            throw new InvalidDataException(
                $"{where}: allowed is a line as 'jtfa key new' makes it: scene/view, a space and the key (it is not shown here)");
        if (!_keys.TryGetValue((scene, view), out var keys)) _keys[(scene, view)] = keys = [];
        if (keys.Count == MostOfAView)
            throw new InvalidDataException($"{where}: {scene}/{view} has {MostOfAView} keys already: delete the oldest line of it");
        keys.Insert(0, key);
    }

    private static byte[]? KeyIn(string text) =>
        Base64Url.IsValid(text, out var length) && length == TokenKey.Size ? Base64Url.DecodeFromChars(text) : null;
}
