using System.Globalization;
using System.Security.Cryptography;

namespace Jtfa.Language.Decoding;

/// <summary>
/// Chooses one sequence's text tokens. The same options, seed and logits give the same text on every machine. It is of one thread at a
/// time.
/// </summary>
public sealed class Sampler
{
    private readonly SamplingOptions _options;
    private readonly SamplerBuffers _buffers;
    private readonly int _vocabulary;
    private readonly List<int> _history = [];
    private readonly Dictionary<int, int> _counts = [];
    private readonly AntiLanguageModel? _repeated;
    private readonly (int Id, float Bias)[] _biases;
    private readonly int _window;
    private Xoshiro256 _random;

    /// <summary>A sampler at the begin of a sequence.</summary>
    /// <param name="options">How it chooses.</param>
    /// <param name="vocabulary">Text tokens of the vocabulary.</param>
    /// <param name="buffers">Room that samplers which never run at the same time may share; null: its own.</param>
    /// <exception cref="ArgumentException">An option is not valid, or a bias is for an id that the vocabulary lacks.</exception>
    public Sampler(SamplingOptions options, int vocabulary, SamplerBuffers? buffers = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var faults = string.Join("; ", options.Faults());
        if (faults.Length > 0) throw new ArgumentException(faults, nameof(options));
        foreach (var (id, bias) in options.LogitBias ?? new Dictionary<int, double>())
        {
            if (id >= vocabulary)
                throw new ArgumentException(Invariant($"LogitBias[{id}]={bias}: allowed are ids below {vocabulary}"), nameof(options));
        }
        (_options, _vocabulary, _buffers) = (options, vocabulary, buffers ?? new SamplerBuffers(vocabulary));
        if (_buffers.Logits.Length != vocabulary)
            throw new ArgumentException($"The buffers' vocabulary has {_buffers.Logits.Length} text tokens, not {vocabulary}.");
        _biases = [.. (options.LogitBias ?? new Dictionary<int, double>()).Select(pair => (pair.Key, (float)pair.Value))];
        Seed = options.Seed ?? BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
        _random = Xoshiro256.Seeded(Seed);
        var penalises = options.RepetitionPenalty != 1 || options.PresencePenalty != 0 || options.FrequencyPenalty != 0;
        _window = !penalises ? 0 : options.PenaltyWindow < 0 ? int.MaxValue : options.PenaltyWindow;
        _repeated = options.Fsd is { } fsd ? new AntiLanguageModel(fsd.Order, fsd.Beta) : null;
    }

    /// <summary>The seed that its random numbers began with.</summary>
    public ulong Seed { get; }

    /// <summary>The state of its random numbers: with the accepted text tokens, all that a sampler elsewhere needs to go on.</summary>
    public Xoshiro256 Random { get => _random; set => _random = value; }

    /// <summary>The accepted text tokens.</summary>
    public int Accepted => _history.Count;

    /// <summary>Takes a text token, of the prompt or chosen, into the text that penalties and FSD look at.</summary>
    public void Accept(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, _vocabulary);
        _history.Add(id);
        _repeated?.Append(id);
        if (_window == 0) return;
        _counts[id] = _counts.GetValueOrDefault(id) + 1;
        if (_history.Count > _window) Uncount(_history[^(_window + 1)]);
    }

    /// <summary>Takes the last accepted text tokens back, as when a draft is refused.</summary>
    public void Rewind(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _history.Count);
        for (; count > 0; count--)
        {
            _repeated?.RemoveLast();
            if (_window > 0)
            {
                Uncount(_history[^1]);
                if (_history.Count > _window)
                {
                    var back = _history[^(_window + 1)];
                    _counts[back] = _counts.GetValueOrDefault(back) + 1;
                }
            }
            _history.RemoveAt(_history.Count - 1);
        }
    }

    /// <summary>Chooses the next text token; it is not accepted yet.</summary>
    /// <param name="logits">The model's logits.</param>
    /// <param name="constraint">What the text has to be; null: anything.</param>
    /// <exception cref="InvalidOperationException">Every text token is forbidden.</exception>
    public int Sample(ReadOnlySpan<float> logits, JsonConstraint? constraint = null)
    {
        if (Chosen(logits, constraint) is var chosen and >= 0) return chosen;
        Truncate(_buffers.Distribution);
        return _buffers.Distribution.Sample(ref _random);
    }

    /// <summary>Gives the distribution that the next text token is drawn from.</summary>
    /// <param name="logits">The model's logits.</param>
    /// <param name="distribution">Takes it.</param>
    /// <param name="constraint">What the text has to be; null: anything.</param>
    /// <exception cref="InvalidOperationException">Every text token is forbidden.</exception>
    public void Process(ReadOnlySpan<float> logits, Distribution distribution, JsonConstraint? constraint = null)
    {
        ArgumentNullException.ThrowIfNull(distribution);
        if (Chosen(logits, constraint) is var chosen and >= 0) distribution.SetCertain(chosen);
        else Truncate(distribution);
    }

    /// <summary>Draws from a distribution with this sampler's random numbers.</summary>
    public int Draw(Distribution distribution)
    {
        ArgumentNullException.ThrowIfNull(distribution);
        return distribution.Sample(ref _random);
    }

    // Does the steps before chance, and chooses where chance has no part; else -1.
    private int Chosen(ReadOnlySpan<float> logits, JsonConstraint? constraint)
    {
        var own = _buffers.Logits.AsSpan();
        Logits.CopyClean(logits, own);
        if (constraint is not null) Logits.Mask(own, constraint.Allowed);
        foreach (var (id, bias) in _biases) own[id] += bias;
        foreach (var (id, count) in _counts) own[id] = Penalised(own[id], count);
        var best = Ranking.Largest(own);
        if (best < 0) throw new InvalidOperationException("Constraint, bias and the model's logits leave no text token to choose.");
        return _options.Fsd is not null ? LeastRepeated(own, _options.Fsd) : _options.Temperature == 0 ? best : -1;
    }

    private float Penalised(float logit, int count)
    {
        var penalised = logit > 0 ? logit / (float)_options.RepetitionPenalty : logit * (float)_options.RepetitionPenalty;
        return penalised - (float)(count * _options.FrequencyPenalty + _options.PresencePenalty);
    }

    private int LeastRepeated(Span<float> logits, FsdOptions fsd)
    {
        var entries = _buffers.Entries.AsSpan();
        var max = Ranking.Max(logits);
        var total = Exponentials.Of(logits, max, 1, _buffers.Distribution.Room);
        var found = Ranking.Top(logits, fsd.Candidates, entries);
        var (best, bestScore) = (-1, double.NegativeInfinity);
        foreach (var entry in entries[..found])
        {
            var id = Ranking.Id(entry);
            var score = (1 - fsd.Alpha) * (_buffers.Distribution.Room[id] / total) - fsd.Alpha * _repeated!.Of(id);
            if (score > bestScore) (best, bestScore) = (id, score);
        }
        return best;
    }

    private void Truncate(Distribution distribution)
    {
        var (logits, entries, temperature) = (_buffers.Logits, _buffers.Entries, _options.Temperature);
        var max = Ranking.Max(logits);
        int count;
        if (_options.TopK > 0 && _options.TopK < _vocabulary)
            count = LikeliestOf(Ranking.Top(logits, _options.TopK, entries), max);
        else if (_options.TopP < 1) count = Likeliest(Exponentials.Of(logits, max, 1, _buffers.Weights));
        else if (_options.MinP > 0)
        {
            Exponentials.Of(logits, max, 1, _buffers.Weights);
            count = Collect(_options.MinP);
        }
        else
        {
            distribution.SetWhole(Exponentials.Of(logits, max, temperature, distribution.Room));
            return;
        }
        for (var i = 0; i < count; i++) distribution.IdRoom[i] = Ranking.Id(entries[i]);
        distribution.Set(count, Weigh(count, max, temperature, distribution.Room));
    }

    // The weights of the first entries. Their logits take the place of the vocabulary's, which nothing needs after the choice of entries.
    private double Weigh(int count, float max, double temperature, Span<double> weights)
    {
        for (var i = 0; i < count; i++) _buffers.Logits[i] = Ranking.Logit(_buffers.Entries[i]);
        return Exponentials.Of(_buffers.Logits.AsSpan(0, count), max, temperature, weights);
    }

    // How many of the first entries, which are in order, top-p and min-p leave.
    private int LikeliestOf(int found, float max)
    {
        var all = Weigh(found, max, 1, _buffers.Weights);
        var (sum, kept) = (0.0, 0);
        for (; kept < found; kept++)
        {
            if (kept > 0 && (_buffers.Weights[kept] < _options.MinP || _options.TopP < 1 && sum >= _options.TopP * all)) break;
            sum += _buffers.Weights[kept];
        }
        return kept;
    }

    // How many of the vocabulary, by the weights of the buffers, top-p and min-p leave: they come to the front of the entries.
    private int Likeliest(double all)
    {
        // The ones below this reach less than 1 - p together, even if all of the vocabulary were below: none of them is kept.
        var least = (1 - _options.TopP) * all / _vocabulary * (1 - 1e-9);
        var found = Collect(Math.Max(least, _options.MinP));
        // The cut lies where the sum of the weights, the largest first, reaches p. Only the side where it lies is looked at again.
        var (sum, kept) = (0.0, 0);
        var part = _buffers.Entries.AsSpan(0, found);
        while (part.Length > 64)
        {
            var likelier = Ranking.Split(part);
            var weight = 0.0;
            foreach (var entry in part[..likelier]) weight += _buffers.Weights[Ranking.Id(entry)];
            if (sum + weight >= _options.TopP * all) part = part[..likelier];
            else
            {
                part = part[likelier..];
                sum += weight;
                kept += likelier;
            }
        }
        part.Sort();
        foreach (var entry in part)
        {
            if (kept > 0 && sum >= _options.TopP * all) break;
            sum += _buffers.Weights[Ranking.Id(entry)];
            kept++;
        }
        return kept;
    }

    private int Collect(double least)
    {
        var (weights, entries, found) = (_buffers.Weights, _buffers.Entries, 0);
        for (var id = 0; id < weights.Length; id++)
            if (weights[id] >= least && weights[id] > 0) entries[found++] = Ranking.Entry(_buffers.Logits[id], id);
        return found;
    }

    private void Uncount(int id)
    {
        if (_counts[id] == 1) _counts.Remove(id);
        else _counts[id]--;
    }

    private static string Invariant(FormattableString message) => message.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Room that a step of a sampler needs and that nothing of remains between steps.</summary>
/// <param name="vocabulary">Text tokens of the vocabulary.</param>
public sealed class SamplerBuffers(int vocabulary)
{
    internal float[] Logits { get; } = new float[vocabulary];

    internal double[] Weights { get; } = new double[vocabulary];

    internal ulong[] Entries { get; } = new ulong[vocabulary];

    internal Distribution Distribution { get; } = new(vocabulary);
}
