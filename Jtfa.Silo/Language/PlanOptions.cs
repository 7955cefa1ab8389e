using System.ComponentModel;
using System.Globalization;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Language;

/// <summary>
/// Which silos have which blocks of a model, as configuration says it: a list of stages, the same as one line (<see cref="PlanText"/>), or
/// <c>auto</c>: the plan that the solver finds. Empty: one silo has all.
/// </summary>
[TypeConverter(typeof(FromText))]
public sealed class PlanOptions : List<StageOptions>
{
    /// <summary>What configuration says for the solver's plan.</summary>
    public const string Auto = "auto";

    /// <summary>Whether the solver makes the plan.</summary>
    public bool IsAuto { get; private init; }

    /// <summary>Why the text is no plan, one line; null: it is one.</summary>
    internal string? Fault { get; private init; }

    /// <summary>Reads a plan that stands in one line.</summary>
    internal static PlanOptions Parse(string text)
    {
        if (string.IsNullOrWhiteSpace(text)) return []; // an empty list
        if (text.Trim().Equals(Auto, StringComparison.OrdinalIgnoreCase)) return new() { IsAuto = true };
        try
        {
            // How many heads the model has is not known here; stages that silos share are refused below.
            var plan = PlanText.Parse("", text, int.MaxValue);
            if (plan.Stages.FirstOrDefault(stage => stage.Shards.Length > 0) is { } shared)
            {
                return new()
                {
                    Fault = $"silos share the stage of block {shared.First}, which a ring's cannot: allowed is one silo a stage",
                };
            }

            var options = new PlanOptions();
            options.AddRange(plan.Stages.Select(stage => new StageOptions { Silo = stage.Silo, First = stage.First, Count = stage.Count }));
            return options;
        }
        catch (FormatException wrong)
        {
            return new() { Fault = $"{wrong.Message}, or '{Auto}'" };
        }
    }

    /// <summary>Lets the configuration's binder read the line.</summary>
    private sealed class FromText : TypeConverter
    {
        public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) => sourceType == typeof(string);

        public override object ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) => Parse((string)value);
    }
}

/// <summary>A run of a model's blocks, and the silo that has it.</summary>
public sealed record StageOptions
{
    /// <summary>The silo's name (<c>Jtfa:Cluster:SiloName</c>).</summary>
    public string Silo { get; init; } = "";

    /// <summary>The first block, from 0.</summary>
    public int First { get; init; }

    /// <summary>How many.</summary>
    public int Count { get; init; }
}
