using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Jtfa.Language.Models;

namespace Jtfa.System.Tests;

/// <summary>
/// <c>jtfa chat</c>, on pipes and on a terminal; and of a silo's models <c>chat --server</c>, <c>generate --server</c> and
/// <c>model list</c>, <c>load</c>, <c>unload</c>.
/// </summary>
public sealed partial class ChatCommandTests(ChatCommandTests.ServedSilo served) : IClassFixture<ChatCommandTests.ServedSilo>, IDisposable
{
    private const string Definition = "a person who is a teacher who is a teacher of teaching"; // of reference.json
    private const string Debian = "/usr/bin/python3";

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task On_a_pipe_each_line_is_a_turn()
    {
        var end = await SayAsync("teacher\n\nWhat is a teacher?\nto run\n", "--temperature", "0");
        Assert.True(end is { ExitCode: 0, Errors: [], Output: [Definition, Definition, _] }, end.ToString());
    }

    [Fact(Timeout = 120_000)]
    public async Task Lines_with_a_slash_are_for_the_program()
    {
        var end = await SayAsync(
            "/set temperature 0\nteacher\n/system Be brief.\n/retry\n/save talk.json\n/save talk.txt\n/new\n/save new.txt\n/set\n" +
            "/quit\nno more\n");
        Assert.True(end is { ExitCode: 0, Errors: [] }, end.ToString());
        Assert.Equal(
            [Definition, Definition, "temperature 0, top-k 40, top-p 0.95, min-p 0.05, seed none, max-tokens none"], end.Output);
        using var talk = JsonDocument.Parse(Read("talk.json"));
        Assert.Equal(
            [("system", "Be brief."), ("user", "teacher"), ("assistant", Definition)],
            talk.RootElement.EnumerateArray().Select(
                message => (message.GetProperty("role").GetString(), message.GetProperty("content").GetString())));
        Assert.Equal($"system: Be brief.\n\nuser: teacher\n\nassistant: {Definition}\n\n", Read("talk.txt"));
        Assert.Equal("system: Be brief.\n\n", Read("new.txt"));
        var help = await SayAsync("/help\n");
        Assert.All(
            ["/new", "/retry", "/system", "/set", "/save", "/quit", "Ctrl-C"], word =>
                Assert.Contains(help.Output, line => line.StartsWith(word, StringComparison.Ordinal)));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_seed_brings_answers_back_and_their_length_is_bounded()
    {
        string[] options = ["--temperature", "1.5", "--seed", "5", "--max-tokens", "7", "--threads", "1"];
        var first = await SayAsync("lighthouse\nocean\n", options);
        Assert.True(first is { ExitCode: 0, Errors: [], Output: [_, _] }, first.ToString());
        Assert.Equal(first.Output, (await SayAsync("lighthouse\nocean\n", options)).Output);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("/foo\n", "/foo: not understood; /help lists what is")]
    [InlineData("/set temperature 200\n", "/set temperature 200: allowed is 0 … 100")]
    [InlineData("/set temperature\n", "/set temperature: allowed is a name and a value")]
    [InlineData("/set colour red\n", "/set colour: allowed is temperature, top-k")]
    [InlineData("/retry\n", "/retry: nothing was said yet")]
    [InlineData("/save\n", "/save: name a file")]
    [InlineData("/save there.txt\n", "/save there.txt: it is there already")]
    [InlineData("aaaaaaaa bbbbbbbb cccccccc dddddddd eeeeeeee ffffffff gggggggg hhhhhhhh\n", "text tokens, and a text may have 32")]
    public async Task What_is_wrong_on_a_pipe_ends_the_program_with_one_line(string said, string told)
    {
        _workspace.Write("there.txt", "");
        var end = await SayAsync($"{said}never\n", "--context", "32");
        Assert.True(end is { ExitCode: 2, Output: [], Errors: [_] }, end.ToString());
        Assert.Contains(told, end.Errors[0]);
    }

    [Fact(Timeout = 120_000)]
    public async Task On_a_terminal_a_word_is_edited_answered_and_brought_back()
    {
        // A letter is forgotten and put in at the begin; then the line comes back by the arrow key, and a fault ends nothing.
        var (exitCode, text) = await TypeAsync(
            ["chat", "--temperature", "0"],
            ("/help lists", ""), ("> ", "eachers\u007f\u0001t\u0005\r"), (Definition, ""), ("the first after", ""), ("> ", "/foo\r"),
            ("/foo: not understood", ""), ("> ", "\u001b[A\u001b[A\r"), (Definition, ""), ("text tokens, ", ""), ("> ", "\u0004"));
        Assert.True(exitCode == 0, text);
        Assert.Contains("JTFA's own small model", text);
        Assert.Contains("> teacher", text);
    }

    [Fact(Timeout = 120_000)]
    public async Task Ctrl_C_ends_an_answer_then_a_line_and_at_an_empty_one_the_program()
    {
        // Its likeliest text goes round and round.
        RandomModel.Write(_workspace["endless.gguf"], "llama:mqa", context: 100_000);
        string[] options = ["--model", "endless.gguf", "--context", "100000", "--temperature", "0", "--threads", "1"];
        var begin = await SayAsync("go\n", [.. options, "--max-tokens", "40"]);
        var letters = Letters().Matches(string.Concat(begin.Output)).MaxBy(run => run.Length)?.Value;
        Assert.True(letters is not null, begin.ToString());
        var (exitCode, text) = await TypeAsync(
            ["chat", .. options], ("ChatML is tried", ""), ("> ", "go\r"), ("\n", ""), (letters, "\u0003"), ("ended", ""),
            ("> ", "half a line\u0003"), ("> ", "\u0003"));
        Assert.True(exitCode == 0, text);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_silos_model_is_talked_with_and_generates_the_same_as_here()
    {
        _workspace.Write("words.txt", "teacher\n/retry\n");
        var chat = await SayAsync("teacher\n/retry\n", "--server", served.Http, "--temperature", "0");
        Assert.True(chat is { ExitCode: 0, Errors: [], Output: [Definition, Definition] }, chat.ToString());
        string[] words = ["generate", "--prompt", "teacher", "--temperature", "0"];
        var here = await RunAsync(words);
        var there = await RunAsync([.. words, "--server", served.Http, "--model", ServedSilo.Model, "--json"]);
        Assert.True(there is { ExitCode: 0, Errors: [_] }, there.ToString());
        Assert.Equal(here.Output, there.Output);
        using var figures = JsonDocument.Parse(there.Errors[0]);
        Assert.Equal("stop", figures.RootElement.GetProperty("finish").GetString());
        Assert.True(figures.RootElement.GetProperty("completion_tokens").GetInt32() > 10);
        var asked = await RunAsync(["generate", "--server", served.Http, "--chat", "--prompt", "What is a teacher?", "--temperature", "0"]);
        Assert.Equal(Definition, asked.Output.Single().Trim());
        string[] drawn = ["generate", "--prompt", "ocean", "--seed", "3", "--logit-bias", "2=-inf", "--max-tokens", "20", "--top-k", "7"];
        Assert.Equal((await RunAsync(drawn)).Output, (await RunAsync([.. drawn, "--server", served.Http])).Output);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_silos_models_are_listed_unloaded_and_loaded()
    {
        string[] silo = ["--server", served.Http];
        var unloaded = await RunAsync(["model", "unload", ServedSilo.Model, .. silo]);
        Assert.True(unloaded is { ExitCode: 0, Errors: [] }, unloaded.ToString());
        Assert.Matches(@"^model +state +MiB +texts +waiting +pages +prompts +answers +silo +fault$", unloaded.Output[0]);
        Assert.Matches($@"^{ServedSilo.Model} +unloaded +0 ", unloaded.Output[1]);
        var loaded = await RunAsync(["model", "load", ServedSilo.Model, .. silo, "--json"]);
        using var status = JsonDocument.Parse(loaded.Output.Single());
        Assert.Equal("Loaded", status.RootElement.GetProperty("state").GetString(), ignoreCase: true);
        var list = await RunAsync(["model", "list", .. silo]);
        Assert.Matches(
            $@"^{ServedSilo.Model} +loaded +\d+ +0 +0 +\d+ of 64 +\d+ text tokens +\d+ text tokens +127\.0\.0\.1:\d+ +–$", list.Output[1]);
        using var json = JsonDocument.Parse((await RunAsync(["model", "list", .. silo, "--json"])).Output.Single());
        Assert.Equal(ServedSilo.Model, json.RootElement[0].GetProperty("name").GetString());
    }

    [Theory(Timeout = 120_000)]
    [InlineData("chat --server {0} --model none", 2, "none")]
    [InlineData("chat --server {0} --threads 2 --context 9", 2, "--context, --threads: not with --server")]
    [InlineData("generate --server {0} --prompt a --fsd --cache Q8", 2, "--cache, --fsd: not with --server")]
    [InlineData("generate --server {0} --prompt a --system b", 2, "--system: it goes with --chat")]
    [InlineData("generate --server {0} --model none --prompt a", 2, "none")]
    [InlineData("model load none --server {0}", 2, "none")]
    [InlineData("model unload none --server {0}", 2, "none")]
    public async Task What_is_wrong_with_a_silo_s_model_is_one_line(string line, int code, string told)
    {
        var end = await RunAsync(line.Split(' ').Select(word => word == "{0}" ? served.Http : word));
        Assert.True(end is { Output: [], Errors: [_] } && end.ExitCode == code, end.ToString());
        Assert.Contains(told, end.Errors[0]);
    }

    [Fact(Timeout = 120_000)]
    public async Task That_no_silo_runs_is_one_line()
    {
        var nobody = $"http://127.0.0.1:{FreePorts.Next()}";
        foreach (var command in new string[][] { ["chat"], ["generate", "--prompt", "a"], ["model", "list"], ["model", "load", "a"] })
        {
            var end = await RunAsync([.. command, "--server", nobody]);
            Assert.True(end is { ExitCode: 1, Output: [], Errors: [_] }, end.ToString());
            Assert.Contains($"no silo answers at {nobody}", end.Errors[0]);
        }
    }

    private string Read(string name) => File.ReadAllText(_workspace[name]);

    private Task<ProgramEnd> RunAsync(IEnumerable<string> command) => ProgramRun.JtfaToEndAsync(_workspace, command);

    private Task<ProgramEnd> SayAsync(string lines, params string[] options)
    {
        _workspace.Write("lines.txt", lines);
        var chat = ProgramRun.StartOf(_workspace, ["chat", .. options]);
        string[] piped = ["-c", "exec \"$@\" < lines.txt", "sh", chat.FileName, .. chat.ArgumentList];
        return ProgramRun.ToEndAsync(new ProcessStartInfo("/bin/sh", piped) { WorkingDirectory = _workspace.Path });
    }

    // On a terminal of its own: python/terminal.py. The text is what it wrote, without what moves the cursor.
    private async Task<(int ExitCode, string Text)> TypeAsync(string[] command, params (string Awaited, string Typed)[] steps)
    {
        Assert.SkipUnless(File.Exists(Debian), "Needs python3 (apt-get install -y python3).");
        var jtfa = ProgramRun.StartOf(_workspace, command);
        var script = Path.Combine(AppContext.BaseDirectory, "python", "terminal.py");
        var typed = JsonSerializer.Serialize(steps.Select(step => new[] { step.Awaited, step.Typed }));
        var end = await ProgramRun.ToEndAsync(
            new ProcessStartInfo(Debian, [script, typed, jtfa.FileName, .. jtfa.ArgumentList]) { WorkingDirectory = _workspace.Path });
        return (end.ExitCode, Escape().Replace(end.ToString(), ""));
    }

    [GeneratedRegex("[ -~]+")]
    private static partial Regex Letters();

    [GeneratedRegex(@"\e\[[0-9;?]*[A-Za-z]|\e[=>]")]
    private static partial Regex Escape();

    /// <summary>A silo that serves the shipped model.</summary>
    public sealed class ServedSilo : IAsyncLifetime
    {
        internal const string Model = "definitions";

        private readonly Workspace _workspace = new();
        private RunningSilo _silo = null!;

        internal string Http { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            _silo = await RunningSilo.StartAsync(
                _workspace, "--set", $"Jtfa:Language:Models:0:Name={Model}", "--set",
                $"Jtfa:Language:Models:0:File={ShippedModel.ModelPath}", "--set", "Jtfa:Language:Models:0:Pages=64", "--set",
                "Jtfa:Language:Threads=1");
            Http = await _silo.HttpAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await _silo.DisposeAsync();
            _workspace.Dispose();
        }
    }
}
