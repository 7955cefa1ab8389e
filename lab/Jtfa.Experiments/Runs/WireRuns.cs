using System.Globalization;
using Jtfa.Core;
using Jtfa.Experiments.Results;
using Jtfa.Experiments.Windows;
using Jtfa.Testbed.Links;

namespace Jtfa.Experiments.Runs;

/// <summary>
/// Bytes against accuracy: the photographs' tokens, as A4 has them, encoded in each way that the wire has, written, parsed and decoded,
/// each with the fate that a link of A4's profile gives its packet; and as codebooks would send them, which are trained on every other
/// photograph and tried on those between, and the other way round. In virtual time; all ways meet the same fates.
/// </summary>
internal sealed class WireRuns(ExperimentSettings settings) : IExperimentSet
{
    private const string ProfileName = "wifi-good";
    private const int N = 4;
    private const int ShippedDimension = 16;
    private const double Rate = 20;
    private const int TrainingSeed = 1;

    // A time as clocks show, so that numbers are as exact as they are there.
    private const double Began = 1_800_000_000;

    // Of a token of version 2 before its values, and a nil in place of the scale: 1 + 1 + 1 + 1 + 5 + 5 + 1 + 1.
    private const int CodedHeaderBytes = 16;

    private static readonly ReplayPolicy s_policy = new(K: 3, N, T: 0.12, W: 1 / Rate);
    private static readonly TimeSpan s_estimate = TimeSpan.FromSeconds(8);

    private readonly Dictionary<int, IReadOnlyList<SceneMoment>> _tokens = [];
    private readonly Dictionary<(int Dimension, int Codes), Codebook[]> _codebooks = [];
    private readonly byte[] _datagram = new byte[TokenPacket.MaxDatagramBytes];
    private readonly sbyte[] _unpacked = new sbyte[TokenPacket.MaxDimension];

    private delegate (int Bytes, ReadOnlyMemory<float> Vector) Sending(ReadOnlySpan<float> token, int view, int moment, double capturedAt);

    public IReadOnlyList<(string Cell, TimeSpan Estimate)> Cells =>
        [.. settings.Scale.WireDimensions.Select(d => ($"d{d}", s_estimate))];

    public async Task<IReadOnlyList<RunResult>> RunAsync(PlannedRun run, CancellationToken cancellationToken)
    {
        var dimension = int.Parse(run.Cell.AsSpan(1), CultureInfo.InvariantCulture);
        if (!_tokens.TryGetValue(dimension, out var tokens))
            _tokens[dimension] = tokens = await settings.Tokens(ModelOf(dimension), cancellationToken);
        return await Task.Run(() => Run(run, dimension, tokens, cancellationToken), cancellationToken);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private List<RunResult> Run(PlannedRun run, int dimension, IReadOnlyList<SceneMoment> tokens, CancellationToken cancellationToken)
    {
        var head = FusionHead.Load(Path.Combine(ModelOf(dimension), "head.npz"));
        var results = new List<RunResult>();
        foreach (var encoding in Enum.GetValues<TokenEncoding>())
        {
            Add("v1-int8", encoding, Packets(1, encoding, TokenQuantiser.Int8, run.Seed));
            foreach (var quantiser in Enum.GetValues<TokenQuantiser>())
                Add(quantiser.ToString().ToLowerInvariant(), encoding, Packets(2, encoding, quantiser, run.Seed));
        }

        foreach (var codes in settings.Scale.Codes)
        {
            var codebooks = CodebooksOf(dimension, codes, tokens, cancellationToken);
            Add($"vq-{codes}", TokenEncoding.Plain, (token, _, moment, _) =>
            {
                var codebook = codebooks[moment % tokens.Count % 2];
                var index = codebook.Nearest(token);
                return (CodedHeaderBytes + IndexBytes(index), codebook[index].ToArray());
            });
        }

        return results;

        void Add(string quantiser, TokenEncoding encoding, Sending send)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var arrivals = Trace(tokens, run.Seed, send);
            var windows = WindowReplay.KOfN(arrivals, s_policy, head);
            var values = DecisionFigures.Compute(
                [.. windows.Decisions.Select(decision => decision.Measured)], settings.Scale.WireMoments / Rate, settings.Scale.WireMoments,
                s_policy.K, N);
            values[ValueNames.TokenBytes] = arrivals.All.Average(arrival => (double)arrival.Bytes);
            results.Add(new RunResult(ExperimentNames.Wire, Factors(dimension, quantiser, encoding), run.Repeat, run.Seed, values));
        }
    }

    private static Dictionary<string, string> Factors(int dimension, string quantiser, TokenEncoding encoding) => new()
    {
        [FactorNames.Dimension] = dimension.ToString(CultureInfo.InvariantCulture),
        [FactorNames.Quantiser] = quantiser,
        [FactorNames.Encoding] = encoding.ToString().ToLowerInvariant(),
    };

    private string ModelOf(int dimension) => dimension == ShippedDimension
        ? settings.Program.Models : Path.Combine(settings.Program.Models, "experiments", $"d{dimension}");

    private Arrivals Trace(IReadOnlyList<SceneMoment> tokens, ulong seed, Sending send)
    {
        var profile = settings.Profiles[ProfileName];
        LinkImpairment[] links = [.. Enumerable.Range(0, N).Select(view => new LinkImpairment(profile.ForLink(view), seed, view))];
        var arrivals = new List<Arrival>(N * settings.Scale.WireMoments);
        for (var moment = 0; moment < settings.Scale.WireMoments; moment++)
        {
            var (of, sentAt) = (tokens[moment % tokens.Count], TimeSpan.FromSeconds(moment / Rate));
            for (var view = 0; view < N; view++)
            {
                var capturedAt = Began + sentAt.TotalSeconds;
                var (bytes, vector) = send(of.Tokens[view].Span, view, moment, capturedAt);
                var fate = links[view].Next(sentAt, bytes);
                if (fate.Kind == FateKind.Sent) Take(fate.Delay);
                if (fate.CopyDelay is { } copy) Take(copy);

                void Take(TimeSpan delay) => arrivals.Add(new Arrival(
                    "", view, moment, capturedAt, capturedAt + delay.TotalSeconds, of.Label, bytes, vector));
            }
        }

        return new Arrivals(arrivals);
    }

    // As a camera sends it and a gateway reads it, without options.
    private Sending Packets(int version, TokenEncoding encoding, TokenQuantiser quantiser, ulong seed) => (token, view, moment, at) =>
    {
        var sequence = (uint)(seed << 24) + (uint)moment; // far from those of another repeat
        var tokenSeed = ArrayPacketCodec.SeedOf(view, sequence);
        Span<sbyte> values = stackalloc sbyte[token.Length];
        var scale = TokenCodec.Encode(token, encoding, tokenSeed, values, quantiser);
        var length = DatagramCodec.Write(
            new TokenPacket
            {
                Version = version,
                Timestamp = at,
                View = view,
                Sequence = sequence,
                Encoding = encoding,
                Quantiser = quantiser,
                Seed = tokenSeed,
                Scale = scale,
                Values = values,
            },
            _datagram);
        var reason = DatagramCodec.TryParse(_datagram.AsSpan(0, length), _unpacked, at, out var packet);
        if (reason != RejectReason.None)
            throw new InvalidOperationException($"A token of {token.Length} numbers by {encoding} and {quantiser} was read as {reason}.");
        var vector = new float[token.Length];
        TokenCodec.Decode(packet.Values, packet.Encoding, packet.Seed, packet.Scale, vector);
        return (length, vector);
    };

    // The first for photographs of even numbers, trained on the odd ones; the other the other way round.
    private Codebook[] CodebooksOf(int dimension, int codes, IReadOnlyList<SceneMoment> tokens, CancellationToken cancellationToken)
    {
        if (_codebooks.TryGetValue((dimension, codes), out var known)) return known;
        return _codebooks[(dimension, codes)] = [TrainedOn(1), TrainedOn(0)];

        Codebook TrainedOn(int parity)
        {
            float[] vectors =
            [
                .. tokens.Where((_, photograph) => photograph % 2 == parity).SelectMany(moment => moment.Tokens)
                    .SelectMany(token => token.ToArray()),
            ];
            return Codebook.Train(vectors, dimension, codes, TrainingSeed, cancellationToken);
        }
    }

    private static int IndexBytes(int index) => index < 128 ? 1 : index < 256 ? 2 : 3;
}
