using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Jtfa.Cli.Help;

/// <summary>The parser's own help, and the command's examples behind it.</summary>
internal sealed class HelpWithExamples : SynchronousCommandLineAction
{
    private readonly HelpAction _help = new();

    /// <inheritdoc />
    public override bool ClearsParseErrors => true; // what a command lacks is no fault of who asks how it is used

    /// <summary>The option that asks for it, which every command has.</summary>
    public static HelpOption Option() => new("--help", "-h", "-?") { Description = "Show this help.", Action = new HelpWithExamples() };

    /// <inheritdoc />
    public override int Invoke(ParseResult parseResult)
    {
        _help.Invoke(parseResult);
        var examples = Examples.Of(parseResult.CommandResult.Command);
        if (examples.Count == 0) return 0;
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (var example in examples) output.WriteLine($"  {example}");
        output.WriteLine();
        return 0;
    }
}
