using System.Diagnostics;
using System.Text.Json;

namespace Jtfa.Core.Tests;

/// <summary>Runs python/interop.py, where a python3 with msgpack and numpy is installed.</summary>
internal static class Python
{
    // Debian's, before another that may come first on the path without the packages.
    private const string Debian = "/usr/bin/python3";

    private static readonly string s_program = File.Exists(Debian) ? Debian : "python3";
    private static readonly Lazy<bool> s_isAvailable = new(Probe);

    /// <summary>Sends a request to a command of the script, returns its answer; skips the test where Python lacks the packages.</summary>
    public static JsonElement Ask(string command, object request)
    {
        Assert.SkipUnless(s_isAvailable.Value, "Needs python3 with msgpack and numpy (apt-get install -y python3-msgpack python3-numpy).");
        var script = Path.Combine(AppContext.BaseDirectory, "python", "interop.py");
        var (exitCode, answer, fault) = Run(JsonSerializer.Serialize(request), script, command);
        Assert.True(exitCode == 0, fault);
        return JsonDocument.Parse(answer).RootElement;
    }

    private static bool Probe()
    {
        try
        {
            return Run("", "-c", "import msgpack, numpy").ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // there is no python3
        }
    }

    private static (int ExitCode, string Answer, string Fault) Run(string input, params string[] arguments)
    {
        var start = new ProcessStartInfo(s_program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{s_program} did not start.");
        var fault = process.StandardError.ReadToEndAsync();
        var answer = process.StandardOutput.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        process.WaitForExit();
        return (process.ExitCode, answer.Result, fault.Result);
    }
}
