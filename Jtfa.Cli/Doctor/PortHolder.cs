using System.Globalization;
using System.Text.RegularExpressions;

namespace Jtfa.Cli.Doctor;

/// <summary>A process that holds a port.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its program, of .NET also the library and the verb; no other argument, which may be a secret.</param>
internal sealed partial record PortHolder(int Id, string Name)
{
    private const string ListeningTcp = "0A";

    /// <summary>Whoever holds a port, as far as /proc says and this user may see; null where it does not.</summary>
    public static PortHolder? Of(bool isTcp, int port)
    {
        string[] tables = isTcp ? ["tcp", "tcp6"] : ["udp", "udp6"];
        var sockets = tables.SelectMany(table => Sockets($"/proc/net/{table}", isTcp, port)).ToHashSet();
        return sockets.Count == 0 ? null : Processes().FirstOrDefault(id => Holds(id, sockets)) is > 0 and var holder
            ? new PortHolder(holder, NameOf(holder))
            : null;
    }

    public override string ToString() => $"{Name} (process {Id})";

    // Each line: number, local address:port in hexadecimal, remote address, state, …, and as tenth word the socket's inode.
    private static IEnumerable<string> Sockets(string table, bool isTcp, int port)
    {
        if (!File.Exists(table)) yield break;
        foreach (var line in File.ReadLines(table).Skip(1))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 10 || (isTcp && words[3] != ListeningTcp)) continue;
            if (words[1].EndsWith($":{port:X4}", StringComparison.Ordinal)) yield return $"socket:[{words[9]}]";
        }
    }

    private static IEnumerable<int> Processes() => Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
        .Where(id => id > 0);

    private static bool Holds(int process, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{process}/fd")
                .Any(handle => new FileInfo(handle).LinkTarget is { } target && sockets.Contains(target));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // it has ended, or is another user's
        }
    }

    private static string NameOf(int process)
    {
        try
        {
            var words = File.ReadAllText($"/proc/{process}/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries);
            var shown = words.Length > 1 && words[1].EndsWith(".dll", StringComparison.Ordinal) ? 3 : 1;
            var name = string.Join(' ', words.Take(shown).Where((word, i) => i < 2 || Verb().IsMatch(word)).Select(Path.GetFileName));
            return name.Length > 0 ? name : "a process without a name";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "a process that has ended";
        }
    }

    [GeneratedRegex("^[a-z][a-z-]*$")]
    private static partial Regex Verb();
}
