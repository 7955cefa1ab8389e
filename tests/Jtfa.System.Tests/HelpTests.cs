using System.CommandLine;
using System.CommandLine.Parsing;
using Jtfa.Cli;
using Jtfa.Cli.Help;
using Jtfa.Lab;

namespace Jtfa.System.Tests;

/// <summary>What the program says of its commands, and of words that it does not know.</summary>
public sealed class HelpTests : IDisposable
{
    private readonly Workspace _workspace = new();

    /// <summary>Every command that is shown, as it is called.</summary>
    public static TheoryData<string> Commands => [.. All(Root(), "jtfa").Select(command => command.Path)];

    public void Dispose() => _workspace.Dispose();

    [Theory, MemberData(nameof(Commands))]
    public void A_command_has_examples_that_it_takes(string path)
    {
        var root = Root();
        var command = All(root, "jtfa").Single(one => one.Path == path).Command;
        var examples = Examples.Of(command);
        Assert.True(examples.Count > 0, $"'{path}' has no example: where it is made, .WithExamples(\"{path} …\")");
        foreach (var example in examples)
        {
            string[] words = [.. CommandLineParser.SplitCommandLine(example)];
            Assert.Equal("jtfa", words[0]);
            var parsed = root.Parse(words[1..]);
            Assert.True(parsed.Errors.Count == 0, $"{example}: {string.Join("; ", parsed.Errors.Select(error => error.Message))}");
            var called = parsed.CommandResult.Command;
            Assert.True(called == command || Under(command).Contains(called) || command == root, $"{example} is none of {path}");
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Help_is_had_in_three_ways_and_ends_with_examples()
    {
        var ends = await Task.WhenAll(
            Run("help", "scene", "set"), Run("scene", "set", "--help"), Run("scene", "set", "lobby", "-h"), Run("help"), Run());
        Assert.All(ends, end => Assert.True(end is { ExitCode: 0, Errors: [] }, end.ToString()));
        Assert.Equal(ends[0].Output, ends[1].Output);
        Assert.Equal(ends[0].Output, ends[2].Output);
        Assert.Equal(ends[3].Output, ends[4].Output);
        Assert.Equal(
            ["Examples:", "  jtfa scene set lobby --k 2"], ends[0].Output.SkipWhile(line => line != "Examples:").Take(2));
    }

    [Theory(Timeout = 120_000)]
    [InlineData("decisons --last 5", "did you mean 'decisions'?")]
    [InlineData("camra --source random", "did you mean 'camera'?")]
    [InlineData("camera --suorce random", "did you mean '--source'?")]
    [InlineData("silo --timout 5 --cvs a.csv", "did you mean '--timeout', '--csv'?")]
    [InlineData("list", "did you mean 'scene list'?")]
    [InlineData("scene foo", "foo: not understood; 'jtfa scene --help' lists")]
    [InlineData("scene sett lobby --k 2", "did you mean 'set'?")]
    [InlineData("scene foo --help", "foo: not understood")]
    [InlineData("foo --help", "foo: not understood; 'jtfa --help' lists")]
    [InlineData("help scne", "did you mean 'scene'?")]
    [InlineData("help scene foo", "foo: not understood; 'jtfa scene --help' lists")]
    [InlineData("pubish linux-x64", "did you mean 'publish'?")]
    [InlineData("setup", "./jtfa setup")]
    public async Task A_word_that_is_not_known_is_one_line_and_exit_code_2(string line, string said)
    {
        var end = await Run(line.Split(' '));
        Assert.True(end is { ExitCode: 2, Output: [], Errors: [_] }, end.ToString());
        Assert.Contains(said, end.Errors[0]);
    }

    private static Command Root() => CommandLine.Root(LabCommands.All());

    private static IEnumerable<Command> Under(Command command) =>
        command.Subcommands.SelectMany(sub => Under(sub).Prepend(sub));

    private static IEnumerable<(string Path, Command Command)> All(Command command, string path) => command.Subcommands
        .Where(sub => !sub.Hidden).SelectMany(sub => All(sub, $"{path} {sub.Name}")).Prepend((path, command));

    private Task<ProgramEnd> Run(params string[] arguments) => ProgramRun.JtfaToEndAsync(_workspace, arguments);
}
