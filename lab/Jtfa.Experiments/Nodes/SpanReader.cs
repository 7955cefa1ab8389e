using System.Text.Json;
using System.Text.Json.Serialization;

namespace Jtfa.Experiments.Nodes;

/// <summary>One span of a span file (docs/metrics.md): times in seconds since 1970.</summary>
/// <param name="Name">decision, commit log, token.</param>
/// <param name="Start">Its begin.</param>
/// <param name="End">Its end.</param>
/// <param name="Tags">What it is about.</param>
/// <param name="Events">What happened meanwhile, and when.</param>
public sealed record Span(
    string Name, double Start, double End, IReadOnlyDictionary<string, JsonElement> Tags, IReadOnlyDictionary<string, double> Events)
{
    /// <summary>A tag that is a number.</summary>
    public long Number(string tag) => Tags[tag].GetInt64();

    /// <summary>A tag that is text.</summary>
    public string? Text(string tag) => Tags[tag].GetString();
}

/// <summary>A file of spans that a process is still writing.</summary>
/// <param name="path">The file.</param>
public sealed class SpanReader(string path)
{
    private static readonly JsonSerializerOptions s_json =
        new(JsonSerializerDefaults.Web) { NumberHandling = JsonNumberHandling.AllowReadingFromString };

    private long _read;

    /// <summary>The file, absolute.</summary>
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>The spans that were written since the last call; a line that is not whole yet is left for the next.</summary>
    /// <exception cref="InvalidDataException">A line is no span.</exception>
    public async Task<IReadOnlyList<Span>> ReadNewAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(Path)) return [];
        await using var stream = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        stream.Position = _read;
        var bytes = new byte[stream.Length - _read];
        await stream.ReadExactlyAsync(bytes, cancellationToken);
        var whole = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        var spans = new List<Span>();
        for (var start = 0; start < whole;)
        {
            var end = Array.IndexOf(bytes, (byte)'\n', start);
            spans.Add(Parse(bytes.AsSpan(start, end - start), _read + start));
            start = end + 1;
        }

        _read += whole;
        return spans;
    }

    private Span Parse(ReadOnlySpan<byte> line, long offset)
    {
        try
        {
            return JsonSerializer.Deserialize<Span>(line, s_json) ?? throw new JsonException("null");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{Path}: what stands at offset {offset} is no span ({exception.Message})", exception);
        }
    }
}
