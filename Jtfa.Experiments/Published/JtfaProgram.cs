namespace Jtfa.Experiments.Published;

/// <summary>How the jtfa program is started.</summary>
/// <param name="File">The executable: jtfa itself, or dotnet.</param>
/// <param name="Arguments">What comes before jtfa's own arguments: for dotnet, the path of jtfa.dll.</param>
public sealed record JtfaProgram(string File, IReadOnlyList<string> Arguments)
{
    /// <summary>The program that runs now, once more.</summary>
    public static JtfaProgram Own
    {
        get
        {
            var file = Environment.ProcessPath ?? "dotnet";
            var isHosted = Path.GetFileNameWithoutExtension(file) == "dotnet";
            return new JtfaProgram(file, isHosted ? [Path.GetFullPath(Environment.GetCommandLineArgs()[0])] : []);
        }
    }
}
