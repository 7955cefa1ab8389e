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
    /// <param name="sizes">The model's sizes, or those of a share of it.</param>
    /// <param name="share">Which heads and columns these are.</param>
    /// <param name="block">The block's number in the model.</param>
    /// <param name="place">Its number in the stage.</param>
    public TransformerBlock(
        TensorLoader tensors, Architecture architecture, Hyperparameters sizes, TensorShare share, int block, int place)
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
        var (allQueries, allKeys) = (share.All.Heads * sizes.KeyLength, share.All.KeyValueHeads * sizes.KeyLength);
        var allValues = share.All.KeyValueHeads * sizes.ValueLength;
        var group = share.All.Heads / share.All.KeyValueHeads;
        var (firstQuery, firstKey) = (share.FirstHead * group * sizes.KeyLength, share.FirstHead * sizes.KeyLength);
        var firstValue = share.FirstHead * sizes.ValueLength;
        if (tensors.Has(Name(names.QueryKeyValue)))
        {
            var all = allQueries + allKeys + allValues;
            _query = tensors.Projection(Name(names.QueryKeyValue), queries, width, firstQuery, all);
            _key = tensors.Projection(Name(names.QueryKeyValue), keys, width, allQueries + firstKey, all);
            _value = tensors.Projection(Name(names.QueryKeyValue), values, width, allQueries + allKeys + firstValue, all);
        }
        else
        {
            _query = tensors.Projection(Name(names.Query), queries, width, firstQuery, allQueries);
            _key = tensors.Projection(Name(names.Key), keys, width, firstKey, allKeys);
            _value = tensors.Projection(Name(names.Value), values, width, firstValue, allValues);
        }

        var (heads, firstHead) = (sizes.Heads * sizes.ValueLength, share.FirstHead * group * sizes.ValueLength);
        _attentionOutput = tensors.PartProjection(
            Name(names.AttentionOutput), width, heads, firstHead, share.All.Heads * sizes.ValueLength, share.HasBiases);
        _feedForward = new FeedForward(tensors, architecture, sizes, share, block);
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

    private bool IsNormBefore => _architecture.NormPlace == NormPlace.Before;

    /// <summary>Bytes of its weights.</summary>
    public long Bytes => _query.Bytes + _key.Bytes + _value.Bytes + _attentionOutput.Bytes + _feedForward.Bytes;

    /// <summary>Numbers a row that the feed-forward network needs in between.</summary>
    public int InnerNumbers => _feedForward.InnerNumbers;

    /// <summary>Computes the rows' hidden states, in place.</summary>
    public void Apply(
        IReadOnlyList<BatchRow> rows, float* hidden, BlockNumbers numbers, Attention attention, RotaryTable? rotary, Workers workers,
        Scratch scratch)
    {
        Attend(rows, hidden, numbers, attention, rotary, workers, scratch);
        if (_architecture.ParallelResidual)
        {
            Feed(rows.Count, hidden, numbers, workers, scratch);
            Vectors.Add(numbers.Attended, hidden, rows.Count * _sizes.Width);
            Vectors.Add(numbers.Fed, hidden, rows.Count * _sizes.Width);
            return;
        }

        AddAttended(rows.Count, hidden, numbers.Attended);
        Feed(rows.Count, hidden, numbers, workers, scratch);
        AddFed(rows.Count, hidden, numbers.Fed);
    }

    /// <summary>What attention adds to hidden states, into <see cref="BlockNumbers.Attended"/>; of a share its part of the sum.</summary>
    public void Attend(
        IReadOnlyList<BatchRow> rows, float* hidden, BlockNumbers numbers, Attention attention, RotaryTable? rotary, Workers workers,
        Scratch scratch)
    {
        var n = rows.Count;
        (_numbers, _rows, _rotary) = (numbers, rows, rotary);
        if (IsNormBefore) Normalise(_secondAttentionNorm ?? _attentionNorm!, hidden, numbers.Normed, n);
        _query.Apply(IsNormBefore ? numbers.Normed : hidden, n, numbers.Queries, workers, scratch);
        _key.ApplyAgain(numbers.Keys, workers, scratch);
        _value.ApplyAgain(numbers.Values, workers, scratch);
        workers.Run(this, n, Workers.Grain((_sizes.Heads + (2 * _sizes.KeyValueHeads)) * _sizes.KeyLength));
        attention.Apply(rows, _place, numbers.Queries, numbers.Heads, workers, scratch);
        _attentionOutput.Apply(numbers.Heads, n, numbers.Attended, workers, scratch);
    }

    /// <summary>Adds what attention gives, of all shares.</summary>
    public void AddAttended(int rows, float* hidden, float* attended)
    {
        Vectors.Add(attended, hidden, rows * _sizes.Width);
        if (!IsNormBefore) Normalise(_attentionOutputNorm!, hidden, hidden, rows);
    }

    /// <summary>
    /// What the feed-forward network adds to the hidden states, into <see cref="BlockNumbers.Fed"/>; of a share its part of the sum. Where
    /// it takes the same input as attention, it comes after <see cref="Attend"/>, before the hidden states change.
    /// </summary>
    public void Feed(int rows, float* hidden, BlockNumbers numbers, Workers workers, Scratch scratch)
    {
        if (_architecture.ParallelResidual)
        {
            if (_secondAttentionNorm is not null) Normalise(_attentionNorm!, hidden, numbers.Normed, rows);
        }
        else if (IsNormBefore)
        {
            Normalise(_feedForwardNorm!, hidden, numbers.Normed, rows);
        }

        var input = IsNormBefore || _architecture.ParallelResidual ? numbers.Normed : hidden;
        _feedForward.Apply(input, rows, numbers.Fed, numbers.Inner, workers, scratch);
    }

    /// <summary>Adds what the feed-forward network gives, of all shares.</summary>
    public void AddFed(int rows, float* hidden, float* fed)
    {
        Vectors.Add(fed, hidden, rows * _sizes.Width);
        if (!IsNormBefore) Normalise(_outputNorm!, hidden, hidden, rows);
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
