using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Jtfa.Silo.Cameras.Vision;

/// <summary>
/// Whether ONNX Runtime tells its makers of sessions and models: its official builds do, by HTTPS, and keep a number of the machine under
/// the user's home (since 1.31 on Linux, too). Nobody who runs a camera has asked for that, so it is off. Whoever wants it sets
/// <c>ORT_DISABLE_TELEMETRY=0</c>.
/// </summary>
public static partial class OnnxRuntimeTelemetry
{
    private const string Variable = "ORT_DISABLE_TELEMETRY";

    private static readonly Lazy<bool> s_isSet = new(() =>
    {
        if (Environment.GetEnvironmentVariable(Variable) is not null) return false;
        if (OperatingSystem.IsWindows()) OrtEnv.Instance().DisableTelemetryEvents();

        // The library reads the process' own environment, of which .NET changes a copy.
        else if (SetEnvironmentVariable(Variable, "1", 0) != 0) throw new InvalidOperationException($"{Variable} cannot be set.");
        return true;
    });

    /// <summary>Turns it off; has to be called before the library is used for the first time, and does nothing after that.</summary>
    /// <returns>Whether it is off by this program, and not by who started it.</returns>
    public static bool TurnOff() => s_isSet.Value;

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironmentVariable(string name, string value, int overwrite);
}
