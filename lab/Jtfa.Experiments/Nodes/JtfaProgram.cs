using System.Runtime.InteropServices;

namespace Jtfa.Experiments.Nodes;

/// <summary>The <c>jtfa</c> program with the laboratory's commands, as experiments start it, and what comes with it.</summary>
/// <param name="Command">The program, and what stands before its own arguments.</param>
/// <param name="Models">Its folder of models.</param>
public sealed record JtfaProgram(IReadOnlyList<string> Command, string Models)
{
    /// <summary>The one that runs: by the .NET that runs it.</summary>
    public static JtfaProgram Own => In(AppContext.BaseDirectory);

    /// <summary>The one in a folder.</summary>
    public static JtfaProgram In(string folder) => new([DotNet(), Path.Combine(folder, "jtfa-lab.dll")], Path.Combine(folder, "models"));

    /// <summary>The command line of a verb.</summary>
    public IReadOnlyList<string> With(params IEnumerable<string> arguments) => [.. Command, .. arguments];

    // The runtime's folder is <root>/shared/Microsoft.NETCore.App/<version>.
    private static string DotNet()
    {
        var beside = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
        return File.Exists(beside) ? beside : "dotnet";
    }
}
