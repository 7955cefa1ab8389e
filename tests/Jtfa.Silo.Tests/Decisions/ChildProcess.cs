using System.Diagnostics;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>This test assembly as a second process, which runs one explicit test.</summary>
internal static class ChildProcess
{
    /// <param name="test">The test's name.</param>
    /// <param name="environment">Variables to set.</param>
    /// <param name="before">A command to run it under.</param>
    /// <typeparam name="T">The test's class.</typeparam>
    public static Process Start<T>(string test, Dictionary<string, string> environment, params string[] before)
    {
        string[] command = [.. before, "dotnet", typeof(T).Assembly.Location, "-explicit", "only", "-method",
            $"{typeof(T).FullName}.{test}"];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>The next line of output that begins with a prefix.</summary>
    /// <exception cref="EndOfStreamException">There is none.</exception>
    public static async Task<string> ReadLineUntilAsync(this Process process, string prefix, CancellationToken cancellationToken)
    {
        while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.StartsWith(prefix, StringComparison.Ordinal)) return line;
        }

        throw new EndOfStreamException($"The process ended before it said '{prefix}'");
    }
}
