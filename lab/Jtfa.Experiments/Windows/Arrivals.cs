using System.Text;
using Jtfa.Core;
using Jtfa.Testbed.Traces;

namespace Jtfa.Experiments.Windows;

/// <summary>What came to a fusion node, in order of receive time.</summary>
public sealed class Arrivals
{
    /// <summary>What <see cref="Arrival.Moment"/> is where a packet has no did.</summary>
    public const long NoMoment = -1;

    private const double NanosecondsPerSecond = 1e9;

    /// <summary>Orders what came; what came at the same time stays in its order.</summary>
    /// <param name="arrivals">What came.</param>
    /// <param name="foreign">Datagrams that were something else.</param>
    public Arrivals(IEnumerable<Arrival> arrivals, int foreign = 0)
    {
        All = [.. arrivals.OrderBy(arrival => arrival.ReceivedAt)];
        Moments = All.Where(arrival => arrival.Moment != NoMoment).Select(arrival => (arrival.Scene, arrival.Moment)).Distinct().Count();
        Foreign = foreign;
    }

    /// <summary>All, by receive time.</summary>
    public IReadOnlyList<Arrival> All { get; }

    /// <summary>Distinct moments of all scenes, as far as anything of them came.</summary>
    public int Moments { get; }

    /// <summary>Datagrams that were no tokens.</summary>
    public int Foreign { get; }

    /// <summary>Reads a trace of tokens.</summary>
    /// <exception cref="InvalidDataException">It is missing, no trace, or damaged; the message says what to do.</exception>
    public static Arrivals OfTrace(string path)
    {
        using var trace = TraceReader.Open(path);
        var (arrivals, foreign) = (new List<Arrival>(), 0);
        while (trace.Read() is { } record)
        {
            if (TokenOf(record) is { } arrival) arrivals.Add(arrival);
            else foreign++;
        }

        return new Arrivals(arrivals, foreign);
    }

    /// <summary>Those of one scene.</summary>
    public Arrivals OfScene(string scene) => new(All.Where(arrival => arrival.Scene == scene));

    private static Arrival? TokenOf(TraceRecord record)
    {
        if (record.TryParse(out var packet) != RejectReason.None) return null;
        var vector = new float[packet.Values.Length];
        TokenCodec.Decode(packet.Values, packet.Encoding, packet.Seed, packet.Scale, vector);
        return new Arrival(
            Encoding.UTF8.GetString(packet.Scene), packet.View, packet.DecisionId ?? NoMoment, packet.Timestamp,
            record.ReceivedAt / NanosecondsPerSecond, packet.Label, record.Datagram.Length, vector, packet.Quality,
            packet.Tick);
    }
}
