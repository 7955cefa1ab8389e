using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Jtfa.Silo.Cameras.Vision;

/// <summary>
/// Loads a backbone and runs it once in a process of its own. ONNX Runtime reads and runs models natively: one whose operators and sizes
/// contradict each other can end its process, take all memory or run for ever, and none of that may happen to a silo.
/// </summary>
internal static partial class BackboneTrial
{
    /// <summary>The word on the command line of <see cref="Program"/> that makes the process a trial.</summary>
    public const string Verb = "--try-backbone";

    private const int Refused = 3;
    private const int LongestReason = 200;
    private const int NotPermitted = 1; // EPERM
    private const int CpuSeconds = 0; // RLIMIT_CPU
    private const int DataBytes = 2; // RLIMIT_DATA
    private const int CoreBytes = 4; // RLIMIT_CORE
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly Lock s_lock = new();
    private static readonly HashSet<Tried> s_tried = [];

    /// <summary>Tries a backbone, unless this process has tried the same file before, or the file is a part of the program.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="input">How it is fed.</param>
    /// <param name="output">Name of its output.</param>
    /// <exception cref="CameraFaultException">It cannot be used: it is refused, ends its process, or takes longer than 30 s.</exception>
    public static void Pass(string path, ModelInput input, string output)
    {
        var file = new FileInfo(path);
        if (file.FullName.StartsWith(AppContext.BaseDirectory, StringComparison.Ordinal)) return;
        var fed = JsonSerializer.Serialize(input);
        var tried = new Tried(file.FullName, file.Length, file.LastWriteTimeUtc, fed, output);
        lock (s_lock)
        {
            if (s_tried.Contains(tried)) return;
        }

        Run(path, [Verb, file.FullName, fed, output]);
        lock (s_lock) s_tried.Add(tried);
    }

    /// <summary>The other process' part: loads the backbone, and prints what is wrong with it.</summary>
    /// <param name="arguments">Path, <see cref="ModelInput"/> as JSON and output.</param>
    /// <returns>The process' exit code.</returns>
    public static int Serve(ReadOnlySpan<string> arguments)
    {
        Limit();
        try
        {
            Backbone.LoadUntried(arguments[0], JsonSerializer.Deserialize<ModelInput>(arguments[1])!, arguments[2]).Dispose();
            return 0;
        }
        catch (CameraFaultException fault)
        {
            Console.Out.WriteLine(fault.Message);
            return Refused;
        }
    }

    private static void Run(string path, string[] arguments)
    {
        var start = new ProcessStartInfo
        {
            FileName = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet")),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true, // the terminal is the silo's
        };
        string[] all = ["exec", Path.Combine(AppContext.BaseDirectory, "Jtfa.Silo.dll"), .. arguments];
        foreach (var argument in all) start.ArgumentList.Add(argument);
        start.Environment["DOTNET_gcServer"] = "0"; // its heaps would count as the model's memory
        try
        {
            using var process = Process.Start(start)!;
            Judge(process, path);
        }
        catch (Win32Exception fault)
        {
            throw new CameraFaultException($"The backbone '{path}' cannot be tried in a process of its own ({fault.Message}):"
                + " free memory, or install .NET again", fault);
        }
    }

    private static void Judge(Process process, string path)
    {
        var (said, complained) = ("", "");
        process.OutputDataReceived += (_, line) => said = said.Length > 0 ? said : line.Data ?? "";
        process.ErrorDataReceived += (_, line) => complained = complained.Length > 0 ? complained : line.Data ?? "";
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var isOver = process.WaitForExit(s_patience);
        if (!isOver) process.Kill();
        process.WaitForExit(); // also for the last of its lines
        if (!isOver)
        {
            throw new CameraFaultException($"The backbone '{path}' was not loaded and run once within {s_patience.TotalSeconds} s:"
                + " take a smaller one, or export it again");
        }

        if (process.ExitCode == 0) return;
        if (process.ExitCode == Refused) throw new CameraFaultException(said);
        var reason = complained.Length == 0
            ? string.Create(CultureInfo.InvariantCulture, $"exit code {process.ExitCode}")
            : complained.Length > LongestReason ? complained[..LongestReason] : complained;
        throw new CameraFaultException(
            $"The backbone '{path}' cannot be used (ONNX Runtime ends its process on it: {reason}): export it again");
    }

    // A model may claim any size: it gets what a part of this machine's memory holds, and is the first to go where that is too much.
    private static void Limit()
    {
        if (!OperatingSystem.IsLinux()) return;
        var memory = (ulong)GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3;
        SetLimit(DataBytes, memory);
        SetLimit(CpuSeconds, (ulong)s_patience.TotalSeconds * (ulong)Environment.ProcessorCount); // should its silo be gone
        SetLimit(CoreBytes, 0);
        File.WriteAllText("/proc/self/oom_score_adj", "1000");
    }

    private static void SetLimit(int resource, ulong value)
    {
        // Not permitted is what would raise a limit that whoever started the silo has set lower: that one holds, then.
        if (SetResourceLimit(resource, new ResourceLimit(value, value)) == 0) return;
        if (Marshal.GetLastPInvokeError() is var fault and not NotPermitted) throw new Win32Exception(fault);
    }

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetResourceLimit(int resource, in ResourceLimit limit);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct ResourceLimit(ulong Soft, ulong Hard);

    private sealed record Tried(string Path, long Length, DateTime Changed, string Input, string Output);
}
