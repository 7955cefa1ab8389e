using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Jtfa.Silo.Telemetry;

/// <summary>
/// Spans as lines of JSON: <c>{"name":…,"start":S,"end":S,"tags":{…},"events":{"due":S,…}}</c>, times in seconds since 1970 with all of
/// their 7 decimals. Used by one caller at a time.
/// </summary>
internal sealed class SpanLines : IDisposable
{
    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly Utf8JsonWriter _json;

    public SpanLines() => _json = new Utf8JsonWriter(_buffer, s_json);

    /// <summary>Lines since <see cref="Clear"/>.</summary>
    public int Count { get; private set; }

    /// <summary>The lines, UTF-8, each with its end; they hold until the next change.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.WrittenMemory;

    /// <summary>Adds the line of a span that has ended.</summary>
    public void Add(Activity span)
    {
        _json.WriteStartObject();
        _json.WriteString("name", span.OperationName);
        _json.WriteNumber("start", Seconds(span.StartTimeUtc));
        _json.WriteNumber("end", Seconds(span.StartTimeUtc + span.Duration));
        _json.WriteStartObject("tags");
        foreach (ref readonly var tag in span.EnumerateTagObjects()) WriteTag(tag.Key, tag.Value);
        if (span.Status == ActivityStatusCode.Error) _json.WriteBoolean("error", true);
        _json.WriteEndObject();
        _json.WriteStartObject("events");
        foreach (ref readonly var moment in span.EnumerateEvents()) _json.WriteNumber(moment.Name, Seconds(moment.Timestamp.UtcDateTime));
        _json.WriteEndObject();
        _json.WriteEndObject();
        _json.Flush();
        _json.Reset();
        _buffer.Write("\n"u8);
        Count++;
    }

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        _buffer.ResetWrittenCount();
        Count = 0;
    }

    /// <inheritdoc />
    public void Dispose() => _json.Dispose();

    private void WriteTag(string name, object? value)
    {
        switch (value)
        {
            case int number: _json.WriteNumber(name, number); break;
            case long number: _json.WriteNumber(name, number); break;
            case bool flag: _json.WriteBoolean(name, flag); break;
            case double number when double.IsFinite(number): _json.WriteNumber(name, number); break;
            case null: _json.WriteNull(name); break;
            default: _json.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture)); break;
        }
    }

    // Not a double, which resolves today's time to 0.24 µs only: a decimal of scale 7 is written with all its digits, zeros included.
    private static decimal Seconds(DateTime time)
    {
        var ticks = (time - DateTime.UnixEpoch).Ticks;
        return new decimal((int)ticks, (int)(ticks >> 32), 0, isNegative: false, scale: 7);
    }
}
