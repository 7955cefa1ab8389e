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
    /// <summary>The folder of the runs' files, in the experiment's.</summary>
    public const string RunsFolder = "runs";

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true };

    private readonly string _runs;

    private readonly string _version;

    private RunStore(string folder, string version, string runsVersion) =>
        (Folder, _runs, _version, RunsVersion) = (folder, Path.Combine(folder, RunsFolder), version, runsVersion);

    /// <summary>The experiment's folder.</summary>
    public string Folder { get; }

    /// <summary>The version of the program that made the runs.</summary>
    public string RunsVersion { get; }

    /// <summary>When the first run was kept.</summary>
    public DateTimeOffset FirstRunAt => Written().Min();

    /// <summary>When the last run was kept.</summary>
    public DateTimeOffset LastRunAt => Written().Max();

    /// <summary>Where a run's file is in an experiment's folder.</summary>
    internal static string PathOf(string folder, PlannedRun run, string extension) =>
        Path.Combine(folder, RunsFolder, $"{run.Name}.{extension}");

    /// <summary>Opens a folder, or begins one.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="fingerprint">What tells these settings from others, a line.</param>
    /// <param name="version">The program's version.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="TestbedException">It holds runs of other settings, something else, or cannot be written.</exception>
    public static async Task<RunStore> OpenAsync(string folder, string fingerprint, string version, CancellationToken cancellationToken)
    {
        folder = Path.GetFullPath(folder);
        var settings = Path.Combine(folder, "settings.txt");
        try
        {
            if (Directory.Exists(folder) && !File.Exists(settings) && Directory.EnumerateFileSystemEntries(folder).Any())
                throw new TestbedException($"{folder} holds something else: name another folder with --out");
            Directory.CreateDirectory(Path.Combine(folder, RunsFolder));
            if (!File.Exists(settings)) await File.WriteAllLinesAsync(settings, [fingerprint, version], cancellationToken);
            var known = await File.ReadAllLinesAsync(settings, cancellationToken);
            return known is [var first, var runsVersion] && first == fingerprint
                ? new RunStore(folder, version, runsVersion)
                : throw new TestbedException(
                $"{folder} holds runs of other settings ({string.Join("; ", known)}; now {fingerprint}): name another folder with --out, " +
                "or remove it");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TestbedException($"{folder} cannot be written ({exception.Message}): name another folder with --out", exception);
        }
    }

    /// <summary>Whether a run was made.</summary>
    public bool Has(PlannedRun run) => File.Exists(PathOf(run));

    /// <summary>What a run came to, if it was made.</summary>
    /// <exception cref="InvalidDataException">Its file is damaged.</exception>
    public async Task<IReadOnlyList<RunResult>?> FindAsync(PlannedRun run, CancellationToken cancellationToken)
    {
        var path = PathOf(run);
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

    /// <summary>
    /// Throws where the runs that are there were made by another version: a report may be made of them, but no more runs.
    /// </summary>
    /// <exception cref="TestbedException">They were.</exception>
    public void CheckMayAdd()
    {
        if (_version != RunsVersion)
            throw new TestbedException(
                $"{Folder} holds runs of version {RunsVersion}, and this is {_version}: go on with that one, or name another folder with " +
                "--out");
    }

    /// <summary>Keeps what a run came to: whole or not at all.</summary>
    public async Task AddAsync(PlannedRun run, IReadOnlyList<RunResult> results, CancellationToken cancellationToken)
    {
        var path = PathOf(run);
        await File.WriteAllTextAsync(path + ".new", JsonSerializer.Serialize(results, s_json), cancellationToken);
        File.Move(path + ".new", path, overwrite: true);
    }

    private string PathOf(PlannedRun run) => PathOf(Folder, run, "json");

    private IEnumerable<DateTimeOffset> Written() =>
        Directory.EnumerateFiles(_runs, "*.json").Select(path => new DateTimeOffset(File.GetLastWriteTimeUtc(path)))
            .DefaultIfEmpty(TimeProvider.System.GetUtcNow());
}
