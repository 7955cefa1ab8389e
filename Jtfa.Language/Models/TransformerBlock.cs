using System.Globalization;
using Jtfa.Language.Architectures;
using Jtfa.Language.Kernels;

namespace Jtfa.Language.Models;

/// <summary>One transformer block: attention and a feed-forward network, with norms and residuals as its architecture has them.</summary>
internal sealed unsafe class TransformerBlock : RangeJob, IDisposable
{
    private readonly Architecture _architecture;
    private readonly Hyperparameters _sizes;
    private readonly int _place;
    private readonly Norm? _attentionNorm;
    private readonly Norm? _secondAttentionNorm;
    private readonly Norm? _attentionOutputNorm;
    private readonly Norm? _feedForwardNorm;
    private readonly Norm? _outputNorm;
    private readonly Norm? _queryNorm;
    private readonly Norm? _keyNorm;
    private readonly Projection _query;
    private readonly Projection _key;
    private readonly Projection _value;
    private readonly Projection _attentionOutput;
    private readonly FeedForward _feedForward;
    private BlockNumbers? _numbers;
    private IReadOnlyList<BatchRow> _rows = [];
    private RotaryTable? _rotary;

    /// <param name="tensors">The model's tensors.</param>
    /// <param name="architecture">What is computed.</param>
    /// <param name="sizes">The model's sizes.</param>
    /// <param name="block">The block's number in the model.</param>
    /// <param name="place">Its number in the stage.</param>
    public TransformerBlock(TensorLoader tensors, Architecture architecture, Hyperparameters sizes, int block, int place)
    {
        (_architecture, _sizes, _place) = (architecture, sizes, place);
        string Name(string pattern) => string.Format(CultureInfo.InvariantCulture, pattern, block);
        Norm? FindNorm(string pattern, int length) => tensors.FindVector($"{Name(pattern)}.weight", length) is { } weight
            ? new Norm(architecture.Norm, sizes.NormEpsilon, weight, tensors.FindVector($"{Name(pattern)}.bias", length))
            : null;
        var names = architecture.Tensors;
        var width = sizes.Width;
        _attentionNorm = FindNorm(names.AttentionNorm, width);
        _secondAttentionNorm = FindNorm(names.SecondAttentionNorm, width);
        _attentionOutputNorm = FindNorm(names.AttentionOutputNorm, width);
        _feedForwardNorm = FindNorm(names.FeedForwardNorm, width);
        _outputNorm = FindNorm(names.BlockOutputNorm, width);
        _queryNorm = FindNorm(names.QueryNorm, sizes.KeyLength);
        _keyNorm = FindNorm(names.KeyNorm, sizes.KeyLength);
        var (queries, keys) = (sizes.Heads * sizes.KeyLength, sizes.KeyValueHeads * sizes.KeyLength);
        var values = sizes.KeyValueHeads * sizes.ValueLength;
        if (tensors.Has(Name(names.QueryKeyValue)))
        {
            var all = queries + keys + values;
            _query = tensors.Projection(Name(names.QueryKeyValue), queries, width, 0, all);
            _key = tensors.Projection(Name(names.QueryKeyValue), keys, width, queries, all);
            _value = tensors.Projection(Name(names.QueryKeyValue), values, width, queries + keys, all);
        }
        else
        {
            _query = tensors.Projection(Name(names.Query), queries, width);
            _key = tensors.Projection(Name(names.Key), keys, width);
            _value = tensors.Projection(Name(names.Value), values, width);
        }

        _attentionOutput = tensors.Projection(Name(names.AttentionOutput), width, sizes.Heads * sizes.ValueLength);
        _feedForward = new FeedForward(tensors, architecture, sizes, block);
    }

    /// <summary>What norms the file has to have.</summary>
    /// <returns>The name of one that it lacks; null when it has all.</returns>
    public string? MissingNorm() => _architecture.NormPlace switch
    {
        NormPlace.After => _attentionOutputNorm is null ? _architecture.Tensors.AttentionOutputNorm
            : _outputNorm is null ? _architecture.Tensors.BlockOutputNorm : null,
        _ => _attentionNorm is null ? _architecture.Tensors.AttentionNorm
            : _feedForwardNorm is null && !_architecture.ParallelResidual ? _architecture.Tensors.FeedForwardNorm : null,
    };

    /// <summary>Bytes of its weights.</summary>
    public long Bytes => _query.Bytes + _key.Bytes + _value.Bytes + _attentionOutput.Bytes + _feedForward.Bytes;

    /// <summary>Numbers a row that the feed-forward network needs in between.</summary>
    public int InnerNumbers => _feedForward.InnerNumbers;

    /// <summary>Computes the rows' hidden states, in place.</summary>
    public void Apply(
        IReadOnlyList<BatchRow> rows, float* hidden, BlockNumbers numbers, Attention attention, RotaryTable? rotary, Workers workers,
        Scratch scratch)
    {
        var n = rows.Count;
        (_numbers, _rows, _rotary) = (numbers, rows, rotary);
        var isBefore = _architecture.NormPlace == NormPlace.Before;
        if (isBefore) Normalise(_secondAttentionNorm ?? _attentionNorm!, hidden, numbers.Normed, n);
        var input = isBefore ? numbers.Normed : hidden;
        _query.Apply(input, n, numbers.Queries, workers, scratch);
        _key.ApplyAgain(numbers.Keys, workers, scratch);
        _value.ApplyAgain(numbers.Values, workers, scratch);
        workers.Run(this, n, Workers.Grain((_sizes.Heads + (2 * _sizes.KeyValueHeads)) * _sizes.KeyLength));
        attention.Apply(rows, _place, numbers.Queries, numbers.Heads, workers, scratch);
        _attentionOutput.Apply(numbers.Heads, n, numbers.Attended, workers, scratch);

        if (_architecture.ParallelResidual)
        {
            if (_secondAttentionNorm is not null) Normalise(_attentionNorm!, hidden, numbers.Normed, n);
            _feedForward.Apply(numbers.Normed, n, numbers.Fed, numbers.Inner, workers, scratch);
            Vectors.Add(numbers.Attended, hidden, n * _sizes.Width);
            Vectors.Add(numbers.Fed, hidden, n * _sizes.Width);
            return;
        }

        Vectors.Add(numbers.Attended, hidden, n * _sizes.Width);
        if (isBefore) Normalise(_feedForwardNorm!, hidden, numbers.Normed, n);
        else Normalise(_attentionOutputNorm!, hidden, hidden, n);
        _feedForward.Apply(input, n, numbers.Fed, numbers.Inner, workers, scratch);
        Vectors.Add(numbers.Fed, hidden, n * _sizes.Width);
        if (!isBefore) Normalise(_outputNorm!, hidden, hidden, n);
    }

    /// <summary>Turns queries and keys of some rows, and keeps keys and values in the rows' pages.</summary>
    public override void Run(int from, int to, int worker)
    {
        for (var row = from; row < to; row++)
        {
            var (sequence, position, _) = _rows[row];
            var (page, slot) = (sequence.PageOf(position), position % Caches.PagePool.PageTokens);
            var query = _numbers!.Queries + ((long)row * _sizes.Heads * _sizes.KeyLength);
            for (var head = 0; head < _sizes.Heads; head++, query += _sizes.KeyLength)
            {
                _queryNorm?.Apply(query, query);
                _rotary?.Turn(query, row);
            }

            var key = _numbers.Keys + ((long)row * _sizes.KeyValueHeads * _sizes.KeyLength);
            var value = _numbers.Values + ((long)row * _sizes.KeyValueHeads * _sizes.ValueLength);
            for (var head = 0; head < _sizes.KeyValueHeads; head++, key += _sizes.KeyLength, value += _sizes.ValueLength)
            {
                _keyNorm?.Apply(key, key);
                _rotary?.Turn(key, row);
                sequence.Store.StoreKey(page, _place, head, slot, key);
                sequence.Store.StoreValue(page, _place, head, slot, value);
            }
        }
    }

    public void Dispose()
    {
        Norm?[] norms =
            [_attentionNorm, _secondAttentionNorm, _attentionOutputNorm, _feedForwardNorm, _outputNorm, _queryNorm, _keyNorm];
        foreach (var norm in norms) norm?.Dispose();
        foreach (var projection in (Projection[])[_query, _key, _value, _attentionOutput]) projection.Dispose();
        _feedForward.Dispose();
    }

    private void Normalise(Norm norm, float* from, float* to, int n)
    {
        for (var row = 0; row < n; row++) norm.Apply(from + ((long)row * _sizes.Width), to + ((long)row * _sizes.Width));
    }
}
