using System.Globalization;
using Jtfa.Language.Decoding;
using Microsoft.Extensions.AI;

namespace Jtfa.Cli.Chat;

/// <summary>How answers are made, as options of the command and <c>/set</c> say it.</summary>
/// <param name="Sampling">How text tokens are chosen.</param>
/// <param name="MaxTokens">Text tokens of an answer, at most; null: as many as there is room for.</param>
internal sealed record ChatSettings(SamplingOptions Sampling, int? MaxTokens)
{
    private const string None = "none";

    /// <summary>What may be set.</summary>
    public static readonly string[] Names = ["temperature", "top-k", "top-p", "min-p", "seed", "max-tokens"];

    /// <summary>As a client of a model takes it.</summary>
    public ChatOptions Options => new()
    {
        Temperature = (float)Sampling.Temperature,
        TopK = Sampling.TopK,
        TopP = (float)Sampling.TopP,
        Seed = unchecked((long?)Sampling.Seed),
        MaxOutputTokens = MaxTokens,
        AdditionalProperties = new() { ["min_p"] = Sampling.MinP },
    };

    /// <summary>What holds, in one line.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"temperature {Sampling.Temperature}, top-k {Sampling.TopK}, top-p {Sampling.TopP}, min-p {Sampling.MinP}, " +
        $"seed {Sampling.Seed?.ToString(CultureInfo.InvariantCulture) ?? None}, " +
        $"max-tokens {MaxTokens?.ToString(CultureInfo.InvariantCulture) ?? None}");

    /// <summary>The same with one changed.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="value">What it is to be.</param>
    /// <param name="shown">What it is called in a fault.</param>
    /// <exception cref="UsageException">There is no such name, or its value is not allowed.</exception>
    public ChatSettings With(string name, string value, string shown)
    {
        var changed = name switch
        {
            "temperature" => this with { Sampling = Sampling with { Temperature = Number() } },
            "top-k" => this with { Sampling = Sampling with { TopK = (int)Whole(0, int.MaxValue) } },
            "top-p" => this with { Sampling = Sampling with { TopP = Number() } },
            "min-p" => this with { Sampling = Sampling with { MinP = Number() } },
            "seed" => this with { Sampling = Sampling with { Seed = value == None ? null : (ulong)Whole(0, long.MaxValue) } },
            "max-tokens" => this with { MaxTokens = value == None ? null : (int)Whole(1, int.MaxValue) },
            _ => throw new UsageException($"{shown}: allowed is {string.Join(", ", Names)}"),
        };
        if (changed.Sampling.Faults().FirstOrDefault() is not { } fault) return changed;
        throw Wrong(fault[(fault.IndexOf(": allowed is ", StringComparison.Ordinal) + ": allowed is ".Length)..]);

        double Number() =>
            double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : throw Wrong("a number");

        long Whole(long least, long most) =>
            long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least
                && number <= most
                ? number
                : throw Wrong($"{least} or more");

        UsageException Wrong(string allowed) => new($"{shown} {value}: allowed is {allowed}");
    }
}
