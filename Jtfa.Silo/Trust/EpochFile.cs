using System.Globalization;
using System.Text;

namespace Jtfa.Silo.Trust;

/// <summary>
/// The epoch of a camera view: which run of its camera a tag is of. It is kept in a file, and only grows. It also is never less than the
/// seconds since 1970, so that a camera whose file was lost is not taken for a replay.
/// </summary>
internal static class EpochFile
{
    /// <summary>The next epoch of a view, which is on disk before this returns.</summary>
    /// <exception cref="InvalidDataException">It cannot be kept, or the file holds no epoch; in one line.</exception>
    public static uint Next(string folder, string scene, int view, TimeProvider clock)
    {
        var path = Path.Combine(folder, $"jtfa-{Uri.EscapeDataString(scene)}-{view}.epoch");
        try
        {
            var last = File.Exists(path) ? Read(path) : 0;
            var next = Math.Max(last + 1, clock.GetUtcNow().ToUnixTimeSeconds());
            if (next is < 1 or > uint.MaxValue) throw new InvalidDataException($"{path}: epoch {last} is the last: change the view's key");
            Write(path, next);
            return (uint)next;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException(
                $"The epoch of view {view} cannot be kept in {path} ({fault.Message.TrimEnd('.')}): name another folder in "
                + $"{ViewKeysOptions.Section}:{nameof(ViewKeysOptions.EpochFolder)}", fault);
        }
    }

    private static long Read(string path) =>
        uint.TryParse(File.ReadAllText(path).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) ? epoch
            : throw new InvalidDataException($"{path} holds no epoch: delete it");

    // A file that is half written after a power cut would be worse than none.
    private static void Write(string path, long epoch)
    {
        var next = $"{path}.next";
        using (var file = new FileStream(next, FileMode.Create, FileAccess.Write))
        {
            file.Write(Encoding.ASCII.GetBytes($"{epoch}\n"));
            file.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
    }
}
