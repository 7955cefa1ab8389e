using System.Globalization;
using System.Text;
using Jtfa.Core;

namespace Jtfa.Silo.Cameras.Sources;

/// <summary>Recorded tokens, shuffled by the tick: what the published producer replays.</summary>
public sealed class ReplayTokenSource : IFrameSource
{
    private readonly float[] _tokens;
    private readonly int[]? _labels;
    private readonly TimeProvider _time;

    private ReplayTokenSource(float[] tokens, int count, int[]? labels, TimeProvider time)
    {
        _tokens = tokens;
        _labels = labels;
        _time = time;
        Count = count;
        Dimension = tokens.Length / count;
    }

    /// <summary>Number of tokens, n.</summary>
    public int Count { get; }

    /// <summary>Length of a token, d.</summary>
    public int Dimension { get; }

    /// <summary>Reads the tokens, and the labels when there are any.</summary>
    /// <param name="path">.npy array of n × d numbers, d up to <see cref="TokenPacket.MaxDimension"/>.</param>
    /// <param name="labelsPath">Text file of n integers, one a line; empty when labels are unknown.</param>
    /// <param name="time">Tells when a token is taken: when it is asked for.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <exception cref="CameraFaultException">A file is missing or is not such a file, or the counts differ.</exception>
    public static async Task<ReplayTokenSource> OpenAsync(
        string path, string labelsPath, TimeProvider time, CancellationToken cancellationToken)
    {
        var array = ReadArray(path);
        if (array.Shape is not [> 0, > 0 and <= TokenPacket.MaxDimension])
        {
            throw new CameraFaultException($"'{path}' has the shape ({string.Join(", ", array.Shape)}): "
                + $"save n tokens as (n, d), d from 1 to {TokenPacket.MaxDimension}");
        }
        var (count, tokens) = (array.Shape[0], array.ToSingles());
        var bad = tokens.AsSpan().IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        if (bad >= 0) throw new CameraFaultException(
            $"'{path}' has a number that is not finite in row {bad / array.Shape[1]}: remove the row");

        var labels = labelsPath.Length == 0 ? null : await ReadLabelsAsync(labelsPath, cancellationToken);
        if (labels is not null && labels.Length != count)
            throw new CameraFaultException(
                $"'{labelsPath}' has {labels.Length} labels, '{path}' has {count} tokens: take files that belong together");
        return new ReplayTokenSource(tokens, count, labels, time);
    }

    /// <inheritdoc/>
    public ValueTask<Sample?> NextAsync(long tick, CancellationToken cancellationToken)
    {
        var takenAt = CaptureTime.Now(_time);
        var index = SampleOrder.IndexOf(tick, Count);
        var token = _tokens.AsMemory(index * Dimension, Dimension);
        return ValueTask.FromResult<Sample?>(new Sample(takenAt, _labels?[index] ?? -1, null, token));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static NpyArray ReadArray(string path)
    {
        using var file = SourceFile.Open(path, "token file", "Source.Path");
        try
        {
            return Npy.Read(file);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new CameraFaultException(
                $"The token file '{path}' cannot be read ({e.Message}): save it with numpy.save, as (n, d) floats", e);
        }
    }

    private static async Task<int[]> ReadLabelsAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = SourceFile.Open(path, "labels file", "Source.Labels");
        using var reader = new StreamReader(file, Encoding.UTF8);
        var labels = new List<int>();
        for (var number = 1; await reader.ReadLineAsync(cancellationToken) is { } line; number++)
        {
            if (string.IsNullOrWhiteSpace(line)) continue;
            if (!int.TryParse(line, NumberStyles.Integer, CultureInfo.InvariantCulture, out var label))
                throw new CameraFaultException($"'{path}' line {number} is no integer: write one label a line, -1 for unknown");
            labels.Add(label);
        }
        return [.. labels];
    }
}
