using Jtfa.Testbed;
using Jtfa.Testbed.Hosts;

namespace Jtfa.Experiments.Published;

/// <summary>A Python that has what the published scripts import.</summary>
public static class PythonProgram
{
    // Debian's first: another one that comes first on the path may lack the packages.
    private static readonly string[] s_usual = ["/usr/bin/python3", "python3"];

    /// <summary>The first of some that imports numpy and msgpack.</summary>
    /// <param name="candidates">Programs to try; null: the usual ones.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="TestbedException">None does; the message names the packages.</exception>
    public static async Task<string> FindAsync(IReadOnlyList<string>? candidates, CancellationToken cancellationToken)
    {
        candidates ??= s_usual;
        foreach (var candidate in candidates)
        {
            if (await ImportsAsync(candidate, cancellationToken)) return candidate;
        }

        throw new TestbedException(
            $"No Python here ({string.Join(", ", candidates)}) has numpy and msgpack, "
            + "which the published scripts need: apt-get install -y python3-numpy python3-msgpack");
    }

    private static async Task<bool> ImportsAsync(string python, CancellationToken cancellationToken)
    {
        try
        {
            await using var program = await HostProcess.StartAsync(
                TestHost.Here("here"), python, Path.GetTempPath(), [python, "-c", "import numpy, msgpack"]);
            await program.EndsAsync(cancellationToken);
            return true;
        }
        catch (TestbedException)
        {
            return false; // there is no such program, or it has no such modules
        }
    }
}
