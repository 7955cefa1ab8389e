namespace Jtfa.Testing.Processes;

/// <summary>
/// A wall clock that is set while a program runs, as an operator or a time server does: Debian's libfaketime, preloaded, which leaves the
/// monotonic clock alone. A change takes hold within a second.
/// </summary>
internal sealed class SteppedClock
{
    private readonly string _file;

    /// <summary>The clock of programs that are started in this workspace with its environment.</summary>
    /// <param name="workspace">Where its file is.</param>
    /// <param name="setting">How it runs at first, as in <see cref="Set"/>.</param>
    public SteppedClock(Workspace workspace, string setting)
    {
        var library = Directory.Exists("/usr/lib")
            ? Directory.GetDirectories("/usr/lib", "*-linux-gnu*").Select(folder => Path.Combine(folder, "faketime", "libfaketimeMT.so.1"))
                .FirstOrDefault(File.Exists)
            : null;
        Assert.SkipWhen(library is null, "libfaketime is not installed.");
        _file = workspace["clock"];
        Set(setting);
        Environment = new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = library,
            ["FAKETIME_TIMESTAMP_FILE"] = _file,
            ["FAKETIME_CACHE_DURATION"] = "1",
            ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
            ["DONT_FAKE_MONOTONIC"] = "1",
        };
    }

    /// <summary>What a program is started with.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>Sets it: <c>-30</c> is 30 s behind the machine's, <c>+0 x1.0005</c> runs 500 ppm fast.</summary>
    public void Set(string setting)
    {
        // The programs read it once a second: never half of it.
        File.WriteAllText(_file + ".new", setting + "\n");
        File.Move(_file + ".new", _file, overwrite: true);
    }
}
