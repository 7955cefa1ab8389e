using System.Globalization;
using System.Runtime.InteropServices;

namespace Jtfa.Lab.Experiments;

/// <summary>What a reader of figures must know of the machine that they were taken on.</summary>
internal static class MachineFacts
{
    private const double BytesPerGibibyte = 1L << 30;

    public static Dictionary<string, string> All() => new()
    {
        ["processor"] = $"{Processor()}, {Environment.ProcessorCount} cores",
        ["memory"] = string.Create(
            CultureInfo.InvariantCulture, $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / BytesPerGibibyte:F1} GiB"),
        ["system"] = $"{RuntimeInformation.OSDescription}, {RuntimeInformation.RuntimeIdentifier}",
        ["runtime"] = RuntimeInformation.FrameworkDescription,
    };

    private static string Processor()
    {
        const string info = "/proc/cpuinfo";
        var line = File.Exists(info)
            ? File.ReadLines(info).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
