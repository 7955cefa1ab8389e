using Jtfa.Experiments.Windows;
using Jtfa.Testbed.Traces;

namespace Jtfa.Experiments.Vectors;

/// <summary>The vectors in a trace.</summary>
/// <param name="Arrivals">Whole frames, in the order in which they became whole.</param>
/// <param name="Counts">Frames by way of sending, as <see cref="VectorAssembly.Counts"/>.</param>
/// <param name="Refused">Datagrams that are no chunks of vectors.</param>
/// <param name="CutLine">One line on a last record that was cut short; null where none was.</param>
public sealed record VectorTrace(
    IReadOnlyList<Arrival> Arrivals, IReadOnlyDictionary<string, FrameCounts> Counts, long Refused, string? CutLine)
{
    private const double NanosecondsPerSecond = 1e9;

    /// <summary>Reads a trace of <c>jtfa record</c>.</summary>
    /// <exception cref="InvalidDataException">It is missing, damaged, or no trace; the message says what to do.</exception>
    public static VectorTrace Read(string path)
    {
        using var trace = TraceReader.Open(path);
        var (assembly, arrivals) = (new VectorAssembly(), new List<Arrival>());
        while (trace.Read() is { } record)
        {
            if (assembly.Add(record.Datagram.Span, record.ReceivedAt / NanosecondsPerSecond) is { } arrival) arrivals.Add(arrival);
        }

        return new VectorTrace(arrivals, assembly.Counts, assembly.Refused, trace.CutLine);
    }
}
