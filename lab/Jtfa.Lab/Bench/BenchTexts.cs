using System.Globalization;
using System.Text.Json.Nodes;
using Jtfa.Language.Caches;
using Jtfa.Language.Decoding;
using Jtfa.Language.Files;
using Jtfa.Language.Serving;
using Jtfa.Language.Tokenizers;

namespace Jtfa.Lab.Bench;

/// <summary>
/// Texts to ask a model for: prompts of random text tokens, and answers whose length is drawn beforehand, since the model may not end them
/// itself. Prompts have 16 to 256 text tokens, short ones more often (log-uniform); answers are exponential, 48 in the mean, 4 to 192. A
/// model of a short context has both cut to half of it.
/// </summary>
internal sealed class BenchTexts
{
    /// <summary>Pages that the longest text takes, and one more.</summary>
    public const int MostPages = ((LongestPrompt + LongestAnswer) / PagePool.PageTokens) + 1;

    private const int ShortestPrompt = 16;
    private const int LongestPrompt = 256;
    private const double MeanAnswer = 48;
    private const int ShortestAnswer = 4;
    private const int LongestAnswer = 192;
    private const double Never = -1e6; // what JSON can say
    private const int FirstOrdinary = 3; // the text tokens before it are structure

    private readonly int _half;
    private readonly int _vocabulary;
    private readonly Dictionary<int, double> _endless;

    private BenchTexts(int half, int vocabulary, Dictionary<int, double> endless) =>
        (_half, _vocabulary, _endless) = (half, vocabulary, endless);

    /// <summary>Of a model's file.</summary>
    /// <exception cref="ModelFileException">The file is damaged.</exception>
    public static BenchTexts Of(string path)
    {
        using var file = GgufFile.Open(path);
        var tokenizer = Tokenizer.Load(file);
        var context = file.Metadata.WholeNumber($"{file.Metadata.Get<string>("general.architecture")}.context_length", 1, int.MaxValue);
        var ends = Enumerable.Range(0, tokenizer.VocabularySize).Where(tokenizer.IsEndOfGeneration);
        return new(context / 2, tokenizer.VocabularySize, ends.ToDictionary(id => id, _ => Never));
    }

    /// <summary>The next one.</summary>
    public GenerationRequest Draw(Random random)
    {
        var prompt = (int)(ShortestPrompt * Math.Pow(LongestPrompt / (double)ShortestPrompt, random.NextDouble()));
        var answer = (int)Math.Clamp(-MeanAnswer * Math.Log(1 - random.NextDouble()), ShortestAnswer, LongestAnswer);
        return Draw(random, prompt, answer);
    }

    /// <summary>The next one, of such lengths.</summary>
    public GenerationRequest Draw(Random random, int prompt, int answer) => new()
    {
        Prompt = [.. Enumerable.Range(0, Math.Min(prompt, _half)).Select(_ => random.Next(FirstOrdinary, _vocabulary))],
        Options = new()
        {
            MaxTokens = Math.Min(answer, _half),
            Sampling = new SamplingOptions { Temperature = 0.8, TopP = 0.95, Seed = (ulong)random.Next(), LogitBias = _endless },
        },
    };

    /// <summary>The body that asks a silo for the same, streamed.</summary>
    public static JsonObject BodyOf(GenerationRequest request, string model)
    {
        var sampling = request.Options.Sampling;
        return new()
        {
            ["model"] = model,
            ["prompt"] = new JsonArray([.. request.Prompt.Select(token => (JsonNode)token)]),
            ["max_tokens"] = request.Options.MaxTokens,
            ["temperature"] = sampling.Temperature,
            ["top_p"] = sampling.TopP,
            ["seed"] = sampling.Seed,
            ["logit_bias"] = new JsonObject(sampling.LogitBias!.Select(
                bias => KeyValuePair.Create(bias.Key.ToString(CultureInfo.InvariantCulture), (JsonNode?)bias.Value))),
            ["stream"] = true,
        };
    }
}
