using System.Text.Json;

namespace Jtfa.System.Tests;

/// <summary><c>jtfa generate</c>, <c>jtfa model info</c> and <c>jtfa model tokenize</c>, on a small model of random weights.</summary>
public sealed class LanguageCommandTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public LanguageCommandTests() => RandomModel.Write(_workspace["tiny.gguf"], "llama");

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task A_text_is_written_alone_and_the_same_with_drafts()
    {
        RandomModel.Write(_workspace["draft.gguf"], "llama", "Q4_0");
        string[] words =
            ["--model", "tiny.gguf", "--prompt", "ABCABCAB", "--temperature", "0", "--max-tokens", "60", "--logit-bias", "2=-inf"];
        var plain = await Run(["generate", .. words]);
        Assert.True(plain is { ExitCode: 0, Errors: [] }, plain.ToString());
        Assert.NotEmpty(plain.Output);
        foreach (var drafts in new string[][] { ["--lookup"], ["--draft", "draft.gguf"] })
        {
            var end = await Run(["generate", .. words, .. drafts, "--json"]);
            Assert.Equal(0, end.ExitCode);
            Assert.Equal(plain.Output, end.Output);
            var figures = JsonDocument.Parse(Assert.Single(end.Errors)).RootElement;
            Assert.Equal((60, "length"), (figures.GetProperty("completion_tokens").GetInt32(), figures.GetProperty("finish").GetString()));
            Assert.InRange(figures.GetProperty("accepted").GetInt32(), 0, figures.GetProperty("drafted").GetInt32());
            Assert.True(figures.GetProperty("speed_up").GetDouble() > 0);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Without_a_model_the_programs_own_defines_a_word()
    {
        var end = await Run("generate", "--prompt", "teacher", "--temperature", "0");
        Assert.True(end is { ExitCode: 0, Errors: [] }, end.ToString());
        Assert.Equal(" (noun): a person who is a teacher who is a teacher of teaching", Assert.Single(end.Output)); // reference.json's
    }

    [Fact(Timeout = 120_000)]
    public async Task A_seed_brings_a_text_back_and_a_schema_makes_it_JSON()
    {
        string[] words = ["--model", "tiny.gguf", "--max-tokens", "200", "--seed", "7", "--threads", "1"];
        _workspace.Write(
            "schema.json",
            """{ "type": "object", "properties": { "colour": { "enum": ["red", "blue"] } }, "required": ["colour"] }""");
        var json = await Run(["generate", .. words, "--json-schema", "schema.json"]);
        Assert.True(json.ExitCode == 0, json.ToString());
        Assert.Contains(
            JsonDocument.Parse(string.Join('\n', json.Output)).RootElement.GetProperty("colour").GetString(), new[] { "red", "blue" });
        var again = await Run(["generate", .. words, "--json-schema", "schema.json", "--stats"]);
        Assert.Equal(json.Output, again.Output);
        Assert.Contains("seed 7", Assert.Single(again.Errors));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_file_is_described_and_a_text_becomes_ids()
    {
        var info = await Run("model", "info", "tiny.gguf", "--json");
        Assert.True(info is { ExitCode: 0, Errors: [] }, info.ToString());
        var facts = JsonDocument.Parse(string.Join('\n', info.Output)).RootElement;
        Assert.Equal("llama", facts.GetProperty("architecture").GetString());
        Assert.Equal((2, 64, 300), (Number("blocks"), Number("width"), Number("vocabulary")));
        Assert.Equal("F32", facts.GetProperty("types")[0].GetProperty("type").GetString());
        Assert.Equal(Number("weights") * 4, facts.GetProperty("types")[0].GetProperty("bytes").GetInt32());
        int Number(string name) => facts.GetProperty(name).GetInt32();

        _workspace.Write("text.txt", "AB</s>");
        var ids = await Run("model", "tokenize", "tiny.gguf", "--text-file", "text.txt");
        Assert.True(ids is { ExitCode: 0, Errors: [] }, ids.ToString());

        // Bytes of the blank before a text, and of '</s>', which is no end here.
        Assert.Equal("229 153 132 259 260 63 50 118 65", Assert.Single(ids.Output));
        Assert.Equal(ids.Output, (await Run("model", "tokenize", "tiny.gguf", "--text", "AB</s>")).Output);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("generate --model missing.gguf", 1, "missing.gguf: it cannot be opened")]
    [InlineData("generate --model text.txt", 1, "text.txt: ")]
    [InlineData("generate --model tiny.gguf --draft other.gguf", 1, "other.gguf: it has 310 text tokens, and tiny.gguf has 300")]
    [InlineData("generate --model tiny.gguf --draft tiny.gguf --lookup", 2, "--draft and --lookup: allowed is one of both")]
    [InlineData("generate --model tiny.gguf --chat --prompt A", 2, "--chat: tiny.gguf has no chat template")]
    [InlineData("generate --model tiny.gguf --top-p 2", 2, "--top-p 2: allowed is 0 … 1")]
    [InlineData("generate --model tiny.gguf --logit-bias 999=1", 2, "--logit-bias 999: allowed are text tokens below 300")]
    [InlineData("generate --model tiny.gguf --logit-bias x", 2, "--logit-bias x: allowed is ID=NUMBER")]
    [InlineData("generate --model tiny.gguf --max-tokens 0", 2, "--max-tokens 0: allowed is 1 or more")]
    [InlineData("generate --model tiny.gguf --json-schema text.txt", 2, "--json-schema text.txt: The schema is no JSON")]
    [InlineData("generate --model tiny.gguf --cache f64", 2, "--cache f64: allowed is F32, F16, Q8")]
    [InlineData("generate --model tiny.gguf --architectures folder", 1, "folder/llama.json: it describes no architecture")]
    [InlineData("generate --model bert.gguf", 1, "bert.gguf: 'bert' is an encoder")]
    [InlineData("model info text.txt", 1, "text.txt: ")]
    [InlineData("model tokenize tiny.gguf", 2, "--text or --text-file: one of both is needed")]
    public async Task What_is_wrong_is_one_line(string line, int code, string said)
    {
        _workspace.Write("text.txt", "no model");
        Directory.CreateDirectory(_workspace["folder"]);
        _workspace.Write("folder/llama.json", """{ "norm": "none" }""");
        RandomModel.Write(_workspace["other.gguf"], "llama", vocabulary: 310);
        RandomModel.Write(_workspace["bert.gguf"], "bert");
        var end = await Run(line.Split(' '));
        Assert.True(end is { Output: [], Errors: [_] } && end.ExitCode == code, end.ToString());
        Assert.Contains(said, end.Errors[0]);
    }

    private Task<ProgramEnd> Run(params IEnumerable<string> arguments) => ProgramRun.JtfaToEndAsync(_workspace, arguments);
}
