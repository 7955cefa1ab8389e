using System.CommandLine;
using System.Text.Json;
using Jtfa.Lab.Bench;
using Jtfa.Language.Weights;

namespace Jtfa.Lab.Commands;

/// <summary><c>jtfa bench language</c>: how fast language models run, llama.cpp beside it.</summary>
internal static class LanguageBenchCommand
{
    /// <summary>How benches of language models print.</summary>
    public static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    private static readonly Option<string?> s_model =
        new("--model") { Description = "A GGUF file, instead of random weights of a shape and a type." };
    private static readonly Option<string> s_shape = new("--shape")
    {
        Description = $"Whose sizes the model has: {string.Join(", ", LanguageShape.All.Select(shape => shape.Name))}.",
        DefaultValueFactory = _ => LanguageShape.All[0].Name,
    };
    private static readonly Option<string> s_type =
        new("--type") { Description = "The format of its weights.", DefaultValueFactory = _ => "q4_0" };
    private static readonly Option<int> s_threads = new("--threads") { Description = "Threads.", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> s_prompt =
        new("--prompt") { Description = "Text tokens that are prefilled.", DefaultValueFactory = _ => 512 };
    private static readonly Option<int> s_tokens =
        new("--tokens") { Description = "Text tokens that are decoded.", DefaultValueFactory = _ => 32 };
    private static readonly Option<int> s_sequences =
        new("--sequences") { Description = "Sequences decoded at once; llama.cpp decodes one.", DefaultValueFactory = _ => 1 };
    private static readonly Option<bool> s_peer = new("--peer") { Description = "Measure llama.cpp in turn." };
    private static readonly Option<bool> s_asJson = new("--json") { Description = "Print one JSON object." };

    public static Command Create()
    {
        var command = new Command(
            "language", "A language model of random weights, or a file's: prefill and decode, the best of three rounds.")
        {
            s_model, s_shape, s_type, s_threads, s_prompt, s_tokens, s_sequences, s_peer, s_asJson,
        };
        command.SetAction(parsed =>
        {
            var figures = LanguageBench.Run(SettingsOf(parsed));
            Console.Out.WriteLine(parsed.GetValue(s_asJson)
                ? JsonSerializer.Serialize(figures, Json)
                : $"{figures.Shape} {figures.Type}, {figures.Threads} threads: prefill {figures.PrefillTokensPerS:F1}/s, "
                    + $"decode {figures.DecodeTokensPerS:F1}/s, {figures.BytesPerS / 1e9:F1} of "
                    + $"{figures.ReadBandwidthBytesPerS / 1e9:F1} GB/s, "
                    + $"llama.cpp {figures.PeerPrefillTokensPerS:F1}/s and {figures.PeerDecodeTokensPerS:F1}/s");
        });
        return command.WithExamples(
            "jtfa bench language --type q8_0 --threads 2 --peer --json",
            "jtfa bench language --model model.gguf --prompt 128 --tokens 128 --peer --json");
    }

    private static LanguageSettings SettingsOf(ParseResult parsed)
    {
        var (shapeName, type) = (parsed.GetValue(s_shape)!, parsed.GetValue(s_type)!);
        var shape = LanguageShape.All.FirstOrDefault(shape => shape.Name == shapeName)
            ?? throw new UsageException(
                $"--shape {shapeName}: allowed is {string.Join(", ", LanguageShape.All.Select(each => each.Name))}");
        var format = WeightFormat.Find(type) ?? throw new UsageException($"--type {type}: allowed is {WeightFormat.Known}");
        int Within(Option<int> option, int most) => parsed.GetValue(option) is >= 1 and var value && value <= most
            ? value
            : throw new UsageException($"{option.Name} {parsed.GetValue(option)}: allowed is 1 … {most}");
        return new LanguageSettings(
            parsed.GetValue(s_model), shape, format, Within(s_threads, 256), Within(s_prompt, 1024), Within(s_tokens, 1024),
            Within(s_sequences, 64), parsed.GetValue(s_peer));
    }
}
