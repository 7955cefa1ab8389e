using System.CommandLine;
using System.Globalization;
using Jtfa.Language.Decoding;
using Jtfa.Language.Generation;
using Microsoft.Extensions.AI;

namespace Jtfa.Cli.Commands.Language;

/// <summary>The options of a command that writes text: how it chooses and where it ends.</summary>
internal sealed class SamplingFlags
{
    private readonly Option<double> _temperature = Number("--temperature", "0: always the likeliest text token.", 0.8);
    private readonly Option<int> _topK = new("--top-k")
    {
        Description = "Chooses among so many of the likeliest; 0: all.",
        DefaultValueFactory = _ => 40,
    };
    private readonly Option<double> _topP = Number("--top-p", "Chooses among the likeliest that reach this probability together.", 0.95);
    private readonly Option<double> _minP = Number("--min-p", "Chooses among those at least so likely as a part of the likeliest.", 0.05);
    private readonly Option<double> _repetition = Number("--repeat-penalty", "Above 1: what was said becomes less likely.", 1);
    private readonly Option<double> _presence = Number("--presence-penalty", "Taken from the logits of what was said, once.", 0);
    private readonly Option<double> _frequency = Number("--frequency-penalty", "Taken from the logits of what was said, each time.", 0);
    private readonly Option<int> _window = new("--penalty-window")
    {
        Description = "Text tokens that the penalties look back at; -1: all.",
        DefaultValueFactory = _ => new SamplingOptions().PenaltyWindow,
    };
    private readonly Option<string[]> _bias = new("--logit-bias")
    {
        Description = "ID=NUMBER, added to the logit of a text token; -inf forbids it.",
        DefaultValueFactory = _ => [],
    };
    private readonly Option<bool> _fsd = new("--fsd")
    {
        Description = "Frustratingly Simple Decoding: of the three likeliest, the one that repeats least; draws nothing.",
    };
    private readonly Option<long?> _seed = new("--seed") { Description = "The same seed gives the same text (default: drawn)." };
    private readonly Option<string[]> _stop = new("--stop")
    {
        Description = "The text ends before this string; may be given several times.",
        DefaultValueFactory = _ => [],
    };
    private readonly Option<int> _most = new("--max-tokens")
    {
        Description = "The most text tokens.",
        DefaultValueFactory = _ => new GenerationOptions().MaxTokens,
    };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        _presence.Aliases.Add("--presence");
        _frequency.Aliases.Add("--frequency");
        Option[] options =
            [_temperature, _topK, _topP, _minP, _repetition, _presence, _frequency, _window, _bias, _fsd, _seed, _stop, _most];
        foreach (var option in options) command.Add(option);
    }

    /// <summary>Those that say what a silo does not know.</summary>
    public IEnumerable<Option> NotServed => [_window, _fsd];

    /// <summary>What was given, as a silo takes it.</summary>
    /// <exception cref="UsageException">A value is not allowed.</exception>
    public ChatOptions ServedOf(ParseResult parsed)
    {
        var options = Of(parsed);
        var sampling = options.Sampling;
        return new ChatOptions
        {
            MaxOutputTokens = options.MaxTokens,
            StopSequences = [.. options.Stop],
            Temperature = (float)sampling.Temperature,
            TopK = sampling.TopK,
            TopP = (float)sampling.TopP,
            PresencePenalty = (float)sampling.PresencePenalty,
            FrequencyPenalty = (float)sampling.FrequencyPenalty,
            Seed = unchecked((long?)sampling.Seed),
            AdditionalProperties = new()
            {
                ["min_p"] = sampling.MinP,
                ["repeat_penalty"] = sampling.RepetitionPenalty,
                // JSON has no infinity; so much less is never drawn either.
                ["logit_bias"] = sampling.LogitBias!.ToDictionary(
                    bias => bias.Key, bias => Math.Max(bias.Value, -SamplingOptions.MostBias)),
            },
        };
    }

    /// <summary>What was given.</summary>
    /// <exception cref="UsageException">A value is not allowed.</exception>
    public GenerationOptions Of(ParseResult parsed)
    {
        if (parsed.GetValue(_seed) is < 0 and var seed) throw new UsageException($"--seed {seed}: allowed is 0 or more");
        if (parsed.GetValue(_most) is < 1 and var most) throw new UsageException($"--max-tokens {most}: allowed is 1 or more");
        if (parsed.GetValue(_stop)!.Any(string.IsNullOrEmpty)) throw new UsageException("--stop '': leave it out");
        var sampling = new SamplingOptions
        {
            Temperature = parsed.GetValue(_temperature),
            TopK = parsed.GetValue(_topK),
            TopP = parsed.GetValue(_topP),
            MinP = parsed.GetValue(_minP),
            RepetitionPenalty = parsed.GetValue(_repetition),
            PresencePenalty = parsed.GetValue(_presence),
            FrequencyPenalty = parsed.GetValue(_frequency),
            PenaltyWindow = parsed.GetValue(_window),
            LogitBias = parsed.GetValue(_bias)!.Select(Bias)
                .GroupBy(pair => pair.Id).ToDictionary(same => same.Key, same => same.Last().Value),
            Fsd = parsed.GetValue(_fsd) ? new FsdOptions() : null,
            Seed = (ulong?)parsed.GetValue(_seed),
        };
        if (sampling.Faults().FirstOrDefault() is { } fault) throw new UsageException(InFlags(fault));
        return new GenerationOptions { Sampling = sampling, Stop = parsed.GetValue(_stop)!, MaxTokens = parsed.GetValue(_most) };
    }

    private static (int Id, double Value) Bias(string text)
    {
        var parts = text.Split('=');
        return parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && (parts[1] == "-inf" ? double.NegativeInfinity
                : double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : double.NaN)
                is var value && !double.IsNaN(value)
            ? (id, value)
            : throw new UsageException($"--logit-bias {text}: allowed is ID=NUMBER, such as 13=-5 or 13=-inf");
    }

    // 'TopK=-1: allowed is …' as '--top-k -1: allowed is …'.
    private string InFlags(string fault)
    {
        (string Property, Option Option)[] names =
        [
            (nameof(SamplingOptions.Temperature), _temperature), (nameof(SamplingOptions.TopK), _topK),
            (nameof(SamplingOptions.TopP), _topP), (nameof(SamplingOptions.MinP), _minP),
            (nameof(SamplingOptions.RepetitionPenalty), _repetition),
            (nameof(SamplingOptions.PresencePenalty), _presence), (nameof(SamplingOptions.FrequencyPenalty), _frequency),
            (nameof(SamplingOptions.PenaltyWindow), _window), (nameof(SamplingOptions.LogitBias), _bias),
        ];
        foreach (var (property, option) in names)
        {
            if (fault.StartsWith(property, StringComparison.Ordinal))
                return $"{option.Name} {fault[property.Length..].TrimStart('=')}";
        }

        return fault;
    }

    private static Option<double> Number(string name, string description, double otherwise) =>
        new(name) { Description = description, DefaultValueFactory = _ => otherwise };
}
