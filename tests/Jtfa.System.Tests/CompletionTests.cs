using System.Diagnostics;
using Jtfa.Cli;
using Jtfa.Cli.Completion;
using Jtfa.Experiments.Nodes;
using Jtfa.Lab;

namespace Jtfa.System.Tests;

/// <summary><c>jtfa completion</c>: what shells offer at a tab.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public CompletionTests()
    {
        // The program as it is found on the PATH.
        var program = _workspace.Write("jtfa", $"#!/bin/sh\nexec {string.Join(' ', JtfaProgram.Own.With(["\"$@\""]))}\n");
        if (OperatingSystem.IsWindows()) return;
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData("jtfa s", "scene setup silo status")]
    [InlineData("./jtfa scene ", "get list minutes set")]
    [InlineData("jtfa help scene m", "minutes")]
    [InlineData("jtfa ch", "chat")]
    [InlineData("jtfa model l", "list load")]
    [InlineData("jtfa chat --te", "--temperature")]
    [InlineData("jtfa bench i", "ingest")]
    [InlineData("jtfa decisions --cor", "--correct")]
    [InlineData("jtfa camera --source ", "Ffmpeg Idx Images Random Replay")]
    [InlineData("jtfa camera --source=r", "Random Replay")]
    [InlineData("jtfa camera --source Random --so", "")] // it is given
    [InlineData("jtfa decisions --scene a --sc", "--scene")] // it may stand again
    [InlineData("jtfa decisions --correct ", "false true")]
    [InlineData("jtfa scene set lobby --keying se", "Sequence")]
    [InlineData("jtfa silo --role ", "Both Camera Fusion Language")]
    [InlineData("jtfa publish ", "linux-arm64 linux-x64")]
    [InlineData("jtfa publish linux-x64 ", "")]
    [InlineData("jtfa camera --keys k", "")] // files are the shell's
    [InlineData("jtfa camera --input-options \"-f v", "")]
    [InlineData("jtfa bench sen", "")] // hidden
    [InlineData("jtfa", "jtfa")]
    [InlineData("", "")]
    public void What_may_stand_at_the_cursor_is_offered(string line, string offered)
    {
        var lines = Suggestions.Lines(CommandLine.Root(LabCommands.All()), ["[suggest]", line]).Select(one => one.Split('\t')[0]);
        if (line == offered) Assert.NotNull(lines.ToList()); // nothing to complete yet, and no fault
        else Assert.Equal(offered, string.Join(' ', lines));
    }

    [Fact(Timeout = 120_000)]
    public async Task Bash_completes()
    {
        const string script = """
            source <(jtfa completion bash)
            offer() {
              COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=($1)
              _jtfa
              echo "${COMPREPLY[@]}"
            }
            offer 'jtfa scene s'
            offer 'jtfa camera --source i'
            cd / && offer '~/jtfa camer'
            complete -p jtfa
            """;
        var end = await ShellAsync("bash", "-c", script);
        Assert.Equal(["set", "Idx Images", "camera cameras", "complete -o default -F _jtfa jtfa"], end.Output);
    }

    [Fact(Timeout = 120_000)]
    public async Task Fish_completes()
    {
        var end = await ShellAsync(
            "fish", "--no-config", "-c",
            "jtfa completion fish | source; complete -C 'jtfa scene s'; complete -C 'jtfa camera --source i'; " +
            "complete -C 'jtfa camera --source=ff'; complete -C 'jtfa camera --keys ke'");
        Assert.Equal(
            ["set\tChange a scene's policy while it runs, only what is given.", "Idx", "Images", "--source=Ffmpeg", "keys"], end.Output);
    }

    /// <summary>On a terminal of its own, with the tab key.</summary>
    [Fact(Timeout = 120_000)]
    public async Task Zsh_completes()
    {
        const string script = """
            zmodload zsh/zpty
            zpty typed zsh -f -i
            zpty -w typed 'autoload -U compinit && compinit -u -D; source <(jtfa completion zsh); PROMPT='
            zpty -w typed 'show() { print -r -- "BUFFER<$BUFFER>"; BUFFER=; }; zle -N show; bindkey "^X" show; print rea""dy'
            zpty -r typed said '*ready*'
            for line in 'jtfa sce' 'jtfa cameras --serv' 'jtfa camera --source ff' 'jtfa camera --source=ff' 'jtfa camera --keys ke'; do
              zpty -n -w typed "$line"$'\t\x18'
              zpty -r typed said '*BUFFER<*>*'
              print -r -- "${${said##*BUFFER<}%%>*}"
            done
            zpty -d typed
            """;
        var end = await ShellAsync("zsh", "-f", "-c", script);
        Assert.Equal(
            [
                "jtfa scene ", "jtfa cameras --server ", "jtfa camera --source Ffmpeg ", "jtfa camera --source=Ffmpeg ",
                "jtfa camera --keys keys ",
            ],
            end.Output);
    }

    [Fact(Timeout = 120_000)]
    public async Task Another_shell_is_wrong_use()
    {
        var end = await ProgramRun.JtfaToEndAsync(_workspace, "completion", "tcsh");
        Assert.True(end is { ExitCode: 2, Output: [], Errors: [_] }, end.ToString());
        Assert.All(["bash", "zsh", "fish"], shell => Assert.Contains(shell, end.Errors[0]));
    }

    private async Task<ProgramEnd> ShellAsync(string shell, params string[] arguments)
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        Assert.SkipUnless(path.Split(':').Any(folder => File.Exists(Path.Combine(folder, shell))), $"{shell} is not installed.");
        _workspace.Write("keys", "");
        var start = new ProcessStartInfo(shell, arguments) { WorkingDirectory = _workspace.Path };
        start.Environment["PATH"] = $"{_workspace.Path}:{path}";
        start.Environment["HOME"] = _workspace.Path;
        var end = await ProgramRun.ToEndAsync(start);
        Assert.True(end is { ExitCode: 0, Errors: [] }, end.ToString());
        return end;
    }
}
