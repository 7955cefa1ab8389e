using System.CommandLine;

namespace Jtfa.Lab.Commands;

/// <summary>
/// The verbs of the repository's script, <c>./jtfa</c>, which runs them itself. The program knows them for its help, for completion, and
/// for who starts it without the script.
/// </summary>
internal static class ScriptCommands
{
    private static readonly Argument<string> s_runtime = new("runtime") { Description = "The machine that it is for." };
    private static readonly Argument<string?> s_folder = new("folder")
    {
        Description = "Where it goes (default: artifacts/publish/<runtime>); an earlier one there is replaced.",
        Arity = ArgumentArity.ZeroOrOne,
    };
    private static readonly Argument<string?> s_feed = new("feed")
    {
        Description = "Where they go, a folder that NuGet takes as a feed (default: artifacts/packages).",
        Arity = ArgumentArity.ZeroOrOne,
    };
    private static readonly Option<bool> s_long =
        new("--long") { Description = "The long form: fuzzing ten times as long, a soak of 20 minutes." };
    private static readonly Argument<string[]> s_rest = new("argument")
    {
        Description = "What 'dotnet test' gets.",
        Arity = ArgumentArity.ZeroOrMore,
    };
    private static readonly Option<string?> s_filter = new("--filter") { Description = "Only tests that fit, as for 'dotnet test'." };

    /// <summary>The verbs of the script.</summary>
    public static IEnumerable<Command> Create()
    {
        s_runtime.AcceptOnlyFromAmong("linux-arm64", "linux-x64");
        var setup = new Command("setup", "Build the program and the live page, as the first command after a change does by itself.");
        yield return Of(setup).WithExamples("jtfa setup");
        yield return Of(new Command("test", "Build everything and run every test.") { s_long, s_filter, s_rest })
            .WithExamples("jtfa test", "jtfa test --filter FullyQualifiedName~FusionWindow");
        yield return Of(
            new Command("publish", "Make a folder that a machine runs with the .NET runtime alone (docs/raspberry-pi.md).")
            {
                s_runtime, s_folder,
            }).WithExamples("jtfa publish linux-arm64", "jtfa publish linux-x64 /opt/jtfa");
        yield return Of(new Command("pack", "Make the packages of the .NET SDK, Jtfa.Client and what it references.") { s_feed })
            .WithExamples("jtfa pack", "jtfa pack /srv/feed");
    }

    private static Command Of(Command command)
    {
        command.SetAction(
            (Func<ParseResult, int>)(_ => throw new UsageException($"{command.Name}: the script runs it: ./jtfa {command.Name}")));
        return command;
    }
}
