using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Jtfa.Interfaces;

/// <summary>
/// How silos and clients write JSON over HTTP: names in camelCase, enumerations by name, durations as milliseconds, and null for a number
/// that is not finite.
/// </summary>
public static class JtfaJson
{
    private static readonly string[] s_unlogged = ["dueAt", "activation", "number", "activationEpoch", "key", "mark"];

    /// <summary>The options of both sides.</summary>
    public static JsonSerializerOptions Options { get; } = Frozen();

    /// <summary>Sets options to this.</summary>
    public static void Configure(JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip;
        options.Converters.Add(new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false));
        options.TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { LeaveOutUnlogged } };
        options.Converters.Add(new MillisecondsConverter());
        options.Converters.Add(new NumberOrNullConverter());
    }

    // Only silos use these; decisions that are read from the log do not have the first four.
    private static void LeaveOutUnlogged(JsonTypeInfo type)
    {
        if (type.Type != typeof(Decision)) return;
        foreach (var property in type.Properties.Where(property => s_unlogged.Contains(property.Name)).ToList())
            type.Properties.Remove(property);
    }

    private static JsonSerializerOptions Frozen()
    {
        var options = new JsonSerializerOptions();
        Configure(options);
        options.MakeReadOnly();
        return options;
    }

    private sealed class MillisecondsConverter : JsonConverter<TimeSpan>
    {
        // Rounded to the nearest tick: cut off, 1.001 ms would come back as less. What a TimeSpan cannot hold becomes its largest value,
        // so that the policy's own check names it, instead of an OverflowException.
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetDouble() is var milliseconds && Math.Abs(milliseconds) < 1e12
                ? TimeSpan.FromTicks((long)Math.Round(milliseconds * TimeSpan.TicksPerMillisecond))
                : TimeSpan.MaxValue;

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value.TotalMilliseconds);
    }

    private sealed class NumberOrNullConverter : JsonConverter<double>
    {
        public override bool HandleNull => true;

        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value)) writer.WriteNumberValue(value);
            else writer.WriteNullValue();
        }
    }
}
