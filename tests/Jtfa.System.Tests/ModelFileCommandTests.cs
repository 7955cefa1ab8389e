using System.Text;
using System.Text.Json;

namespace Jtfa.System.Tests;

/// <summary><c>jtfa model convert | quantize | perplexity</c>, from a model of llama2.c that the test writes.</summary>
public sealed class ModelFileCommandTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task A_model_is_converted_quantised_and_measured()
    {
        WriteModel();
        File.WriteAllText(_workspace["text.txt"], string.Concat(Enumerable.Repeat("abc bca cab ", 40)));
        await DoneAsync("model convert model.bin model.gguf --tokenizer tokenizer.bin");

        var told = await DoneAsync("model quantize model.gguf small.gguf --type q3h --threads 2");
        Assert.StartsWith("token_embd.weight: Q8_0, since its rows of 64 numbers", told[0], StringComparison.Ordinal); // it is the head
        Assert.StartsWith("blk.0.ffn_down.weight and 1 more: F16, since its rows of 40 numbers", told[1], StringComparison.Ordinal);
        Assert.True(new FileInfo(_workspace["small.gguf"]).Length < new FileInfo(_workspace["model.gguf"]).Length);
        var quantized = await ObjectAsync("model quantize model.gguf auto.gguf --type auto --bits 8 --text-file text.txt --json");
        Assert.InRange(quantized.GetProperty("mean_bits").GetDouble(), 1, 8);

        var measured = await ObjectAsync("model perplexity model.gguf --text-file text.txt --type q3h --json");
        var (tried, asIs) = (measured.GetProperty("perplexity").GetDouble(), measured.GetProperty("f32_perplexity").GetDouble());
        Assert.Equal(measured.GetProperty("ratio").GetDouble(), tried / asIs, 1e-9);
        Assert.True(asIs > 1 && tried != asIs);
        var (low, high) = (measured.GetProperty("f32_perplexity_low"), measured.GetProperty("f32_perplexity_high"));
        Assert.InRange(asIs, low.GetDouble(), high.GetDouble());
        var small = await ObjectAsync("model perplexity auto.gguf --text-file text.txt --json --context 64");
        Assert.Equal(small.GetProperty("perplexity").GetDouble(), small.GetProperty("f32_perplexity").GetDouble());
    }

    [Theory(Timeout = 60_000)]
    [InlineData("model quantize model.bin small.gguf --type q4_0", "model.bin: it is no GGUF file")]
    [InlineData("model quantize model.bin small.gguf --type q9", "--type q9: allowed is auto, F32")]
    [InlineData("model quantize model.bin ./model.bin --type q8_0", "is the model itself")]
    [InlineData("model quantize model.bin small.gguf --type auto", "--bits")]
    [InlineData("model quantize model.bin small.gguf --type q4_0 --bits 4", "allowed with --type auto alone")]
    [InlineData("model convert tokenizer.bin small.gguf --tokenizer tokenizer.bin", "tokenizer.bin: ")]
    [InlineData("model perplexity model.bin --text-file none.txt", "--text-file none.txt: it cannot be read")]
    [InlineData("model perplexity model.bin --text-file tokenizer.bin --threads 0", "--threads 0: allowed is 1 … 256")]
    public async Task What_is_wrong_is_said_in_one_line_and_nothing_is_written(string arguments, string says)
    {
        WriteModel();
        var end = await ProgramRun.JtfaToEndAsync(_workspace, arguments.Split(' '));
        Assert.True(end.ExitCode is 1 or 2 && end.Output.Length == 0, end.ToString());
        Assert.Contains(says, Assert.Single(end.Errors), StringComparison.Ordinal);
        Assert.False(File.Exists(_workspace["small.gguf"]));
    }

    private async Task<string[]> DoneAsync(string arguments)
    {
        var end = await ProgramRun.JtfaToEndAsync(_workspace, arguments.Split(' '));
        Assert.True(end is { ExitCode: 0, Errors: [] }, end.ToString());
        return end.Output;
    }

    private async Task<JsonElement> ObjectAsync(string arguments) =>
        JsonDocument.Parse(string.Concat(await DoneAsync(arguments))).RootElement;

    // Two blocks of width 64 with random weights; letters and bytes.
    private void WriteModel()
    {
        const int width = 64, inner = 40, blocks = 2, heads = 4, vocabulary = 264, context = 128;
        var random = new Random(2);
        using (var model = new BinaryWriter(File.Create(_workspace["model.bin"])))
        {
            foreach (var size in (int[])[width, inner, blocks, heads, heads, vocabulary, context]) model.Write(size);
            var numbers = (vocabulary * width) + (blocks * ((2 * width) + (4 * width * width) + (3 * width * inner))) + width
                + (context * width / heads);
            for (; numbers > 0; numbers--) model.Write((float)(random.NextDouble() - 0.5) / 2);
        }

        using var tokens = new BinaryWriter(File.Create(_workspace["tokenizer.bin"]));
        tokens.Write(6);
        for (var id = 0; id < vocabulary; id++)
        {
            var text = id switch
            {
                0 => "<unk>",
                1 => "<s>",
                2 => "</s>",
                < 259 => $"<0x{id - 3:X2}>",
                259 => " ",
                _ => $"{(char)(id - 260 + 'a')}",
            };
            tokens.Write(0f);
            tokens.Write(Encoding.UTF8.GetByteCount(text));
            tokens.Write(Encoding.UTF8.GetBytes(text));
        }
    }
}
