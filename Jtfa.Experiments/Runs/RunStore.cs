using System.Text.Json;
using Jtfa.Experiments.Results;
using Jtfa.Testbed;

namespace Jtfa.Experiments.Runs;

/// <summary>
/// What runs came to, on disk, a file a run: so an interrupted experiment goes on where it was. A folder holds the runs of one set of
/// settings.
/// </summary>
public sealed class RunStore
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true };

    private readonly string _runs;

    private RunStore(string folder) => (Folder, _runs) = (folder, Path.Combine(folder, "runs"));

    /// <summary>The experiment's folder.</summary>
    public string Folder { get; }

    /// <summary>When the first run was kept.</summary>
    public DateTimeOffset FirstRunAt => Written().Min();

    /// <summary>When the last run was kept.</summary>
    public DateTimeOffset LastRunAt => Written().Max();

    /// <summary>Opens a folder, or begins one.</summary>
    /// <exception cref="TestbedException">It holds runs of other settings, something else, or cannot be written.</exception>
    public static async Task<RunStore> OpenAsync(string folder, string fingerprint, CancellationToken cancellationToken)
    {
        var store = new RunStore(Path.GetFullPath(folder));
        var settings = Path.Combine(store.Folder, "settings.txt");
        try
        {
            Directory.CreateDirectory(store._runs);
            if (!File.Exists(settings))
            {
                if (Directory.EnumerateFiles(store.Folder).Any()) throw new TestbedException($"{store.Folder} holds something else: name another folder with --out");
                await File.WriteAllTextAsync(settings, fingerprint + "\n", cancellationToken);
            }

            var known = (await File.ReadAllTextAsync(settings, cancellationToken)).Trim();
            return known == fingerprint ? store : throw new TestbedException(
                $"{store.Folder} holds runs of other settings ({known}; now {fingerprint}): name another folder with --out, or remove it");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TestbedException($"{store.Folder} cannot be written ({exception.Message}): name another folder with --out", exception);
        }
    }

    /// <summary>Where a run puts what is worth keeping besides its results, such as its trace.</summary>
    public string PathOf(PlannedRun run, string extension) => Path.Combine(_runs, $"{run.Name}.{extension}");

    /// <summary>What a run came to, if it was made.</summary>
    /// <exception cref="InvalidDataException">Its file is damaged.</exception>
    public async Task<IReadOnlyList<RunResult>?> FindAsync(PlannedRun run, CancellationToken cancellationToken)
    {
        var path = PathOf(run, "json");
        if (!File.Exists(path)) return null;
        try
        {
            await using var stream = File.OpenRead(path);
            return await JsonSerializer.DeserializeAsync<List<RunResult>>(stream, s_json, cancellationToken);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path} is damaged ({exception.Message}): remove it, and the run is made again", exception);
        }
    }

    /// <summary>Keeps what a run came to: whole or not at all.</summary>
    public async Task AddAsync(PlannedRun run, IReadOnlyList<RunResult> results, CancellationToken cancellationToken)
    {
        var path = PathOf(run, "json");
        await File.WriteAllTextAsync(path + ".new", JsonSerializer.Serialize(results, s_json), cancellationToken);
        File.Move(path + ".new", path, overwrite: true);
    }

    private IEnumerable<DateTimeOffset> Written() =>
        Directory.EnumerateFiles(_runs, "*.json").Select(path => new DateTimeOffset(File.GetLastWriteTimeUtc(path))).DefaultIfEmpty(TimeProvider.System.GetUtcNow());
}
