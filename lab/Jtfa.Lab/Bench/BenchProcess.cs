using System.Diagnostics;
using System.Text.Json;

namespace Jtfa.Lab.Bench;

/// <summary>This program once more, as a bench's other side: it prints one JSON object at its end.</summary>
internal static class BenchProcess
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    /// <summary>Starts it.</summary>
    public static Process Start(FormattableString[] arguments)
    {
        // Run by dotnet, the program is dotnet's first argument; as a file of its own it is not.
        var program = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? [typeof(BenchProcess).Assembly.Location]
            : Array.Empty<string>();
        return Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [.. program, .. arguments.Select(FormattableString.Invariant)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>What it reported.</returns>
    /// <exception cref="InvalidOperationException">It failed, or reported nothing.</exception>
    public static async Task<T> ReportOfAsync<T>(Process process, string name)
    {
        var output = await process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        if (process.ExitCode != 0) throw new InvalidOperationException($"The {name} ended with exit code {process.ExitCode}.");
        return JsonSerializer.Deserialize<T>(output, s_json) ?? throw new InvalidOperationException($"The {name} reported nothing.");
    }
}
