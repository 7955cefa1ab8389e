using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Jtfa.Cli.Help;
using Jtfa.Language.Architectures;
using Jtfa.Language.Files;
using Architectures = Jtfa.Language.Architectures;
using Tokenizers = Jtfa.Language.Tokenizers;

namespace Jtfa.Cli.Commands.Language;

/// <summary><c>jtfa model info</c>: what a language model's file holds.</summary>
internal static class ModelInfoCommand
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    private static readonly Argument<string> s_model = new("model") { Description = "A GGUF file." };
    private static readonly Option<string?> s_architectures = LanguageFlags.Architectures();
    private static readonly Option<bool> s_asJson = new("--json") { Description = "Print one JSON object." };

    public static Command Create()
    {
        var command = new Command("info", "Say what a language model's file holds: architecture, sizes, tensors by format, tokenizer.")
        {
            s_model, s_architectures, s_asJson,
        };
        command.SetAction(RunAsync);
        return command.WithExamples("jtfa model info model.gguf", "jtfa model info model.gguf --json");
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        Info info;
        using (var file = GgufFile.Open(parsed.GetValue(s_model)!)) info = Info.Of(file, parsed.GetValue(s_architectures));
        cancellationToken.ThrowIfCancellationRequested();
        if (parsed.GetValue(s_asJson))
        {
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(info, s_json));
            return 0;
        }

        var table = new ResultTable("", info.Model);
        void Add(string name, object value) => table.Add(name, Convert.ToString(value, CultureInfo.InvariantCulture)!);
        if (info.Name is not null) Add("name", info.Name);
        Add("architecture", info.Architecture);
        Add("file", $"GGUF {info.Version}, {info.FileBytes} bytes");
        Add("weights", $"{info.Weights}, {ResultTable.Number(info.BitsPerWeight, "F2")} bits each");
        Add("blocks", info.Blocks);
        Add("width", $"{info.Width}, {info.FeedForwardWidth} within the feed-forward network");
        Add("heads", $"{info.Heads}, {info.KeyValueHeads} of keys and values, of {info.KeyLength} numbers");
        Add("context", $"{info.Context} text tokens");
        Add("tokenizer", $"{info.Tokenizer}, {info.Vocabulary} text tokens");
        Add("chat template", info.ChatTemplate ? "yes" : "no");
        foreach (var type in info.Types) Add(type.Type, $"{type.Tensors} tensors, {type.Weights} weights, {type.Bytes} bytes");
        await table.WriteAsync();
        return 0;
    }

    /// <summary>A format of weights, and what is in it.</summary>
    private sealed record TypeInfo(string Type, int Tensors, long Weights, long Bytes);

    /// <summary>What a file holds.</summary>
    private sealed record Info(
        string Model, string? Name, string Architecture, int Version, long FileBytes, long Weights, double BitsPerWeight, int Blocks,
        int Width, int FeedForwardWidth, int Heads, int KeyValueHeads, int KeyLength, int ValueLength, int Context, string Tokenizer,
        int Vocabulary, int? BosId, int? EosId, bool ChatTemplate, IReadOnlyList<TypeInfo> Types)
    {
        public static Info Of(GgufFile file, string? architectures)
        {
            var architecture = Architectures.Architecture.Of(file, architectures);
            var sizes = Hyperparameters.Of(file, architecture);
            var tokenizer = Tokenizers.Tokenizer.Load(file);
            var (weights, bytes) = (file.Tensors.Sum(tensor => tensor.Elements), file.Tensors.Sum(tensor => tensor.Bytes));
            var types = file.Tensors.GroupBy(tensor => tensor.Format.Name)
                .Select(group => new TypeInfo(group.Key, group.Count(), group.Sum(each => each.Elements), group.Sum(each => each.Bytes)));
            return new Info(
                file.Path, file.Metadata.TryGet<string>("general.name", out var name) ? name : null, architecture.Name, file.Header.Version,
                new FileInfo(file.Path).Length, weights, weights == 0 ? 0 : 8.0 * bytes / weights, sizes.Blocks, sizes.Width,
                sizes.FeedForwardWidth, sizes.Heads, sizes.KeyValueHeads, sizes.KeyLength, sizes.ValueLength, sizes.Context,
                file.Metadata.Get<string>(Tokenizers.Tokenizer.ModelKey), tokenizer.VocabularySize, tokenizer.BosId,
                tokenizer.EosId, file.Metadata.Has(Tokenizers.Templates.ChatTemplate.Key),
                [.. types.OrderByDescending(type => type.Bytes)]);
        }
    }
}
