using Jtfa.Language.Architectures;
using Jtfa.Language.Caches;
using Jtfa.Language.Kernels;

namespace Jtfa.Language.Models;

/// <summary>
/// Each row's queries against the keys of its sequence, page by page: softmax(q·k/√length + bias)·v. An item is a head of keys of a
/// row, with the heads of queries that it serves. Keys and values of all rows are in their pages before.
/// </summary>
internal sealed unsafe class Attention : RangeJob
{
    private const double NanosecondsPerProduct = 0.1;

    private readonly Hyperparameters _sizes;
    private readonly bool _isCausal;
    private readonly float _scale;
    private readonly float[]? _slopes;
    private readonly int _group;
    private Scratch? _scratch;
    private IReadOnlyList<BatchRow> _rows = [];
    private int _block;
    private float* _queries;
    private float* _outputs;

    public Attention(Architecture architecture, Hyperparameters sizes, TensorShare share)
    {
        _sizes = sizes;
        _isCausal = architecture.Causal;
        _scale = 1 / MathF.Sqrt(sizes.KeyLength);
        _group = sizes.Heads / sizes.KeyValueHeads;
        if (architecture.Position == PositionKind.Alibi)
            _slopes = Slopes(share.All.Heads, architecture.AlibiMaxBias)[(share.FirstHead * _group)..];
    }

    /// <summary>Numbers that a thread needs for the longest of some sequences.</summary>
    public long ScratchFor(IReadOnlyList<BatchRow> rows)
    {
        var longest = 0;
        for (var i = 0; i < rows.Count; i++) longest = Math.Max(longest, rows[i].Sequence.Length);
        return ((long)_group * (longest + PagePool.PageTokens)) + (PagePool.PageTokens * Math.Max(_sizes.KeyLength, _sizes.ValueLength));
    }

    /// <summary>Computes a block's attention.</summary>
    /// <param name="rows">The batch.</param>
    /// <param name="block">The block, from the stage's first.</param>
    /// <param name="queries">rows × heads × key length.</param>
    /// <param name="outputs">Takes rows × heads × value length.</param>
    /// <param name="workers">Who computes.</param>
    /// <param name="scratch">Of <see cref="ScratchFor"/> numbers a thread.</param>
    public void Apply(IReadOnlyList<BatchRow> rows, int block, float* queries, float* outputs, Workers workers, Scratch scratch)
    {
        (_rows, _block, _scratch) = (rows, block, scratch);
        _queries = queries;
        _outputs = outputs;
        long seen = 0;
        for (var row = 0; row < rows.Count; row++) seen += rows[row].Position + 1;
        var each = (double)seen / rows.Count * _group * (_sizes.KeyLength + _sizes.ValueLength) * NanosecondsPerProduct;
        workers.Run(this, rows.Count * _sizes.KeyValueHeads, Workers.Grain(each));
    }

    /// <inheritdoc/>
    public override void Run(int from, int to, int worker)
    {
        for (var item = from; item < to; item++) Attend(item / _sizes.KeyValueHeads, item % _sizes.KeyValueHeads, _scratch!.Of(worker));
    }

    private void Attend(int row, int keyHead, float* scratch)
    {
        var (sequence, position, _) = _rows[row];
        var end = _isCausal ? position + 1 : sequence.Length;
        var begin = _sizes.Window is { } window && _isCausal ? Math.Max(0, position + 1 - window) : 0;
        var scores = scratch + (PagePool.PageTokens * Math.Max(_sizes.KeyLength, _sizes.ValueLength));
        var firstHead = keyHead * _group;
        var queries = _queries + ((((long)row * _sizes.Heads) + firstHead) * _sizes.KeyLength);
        var outputs = _outputs + ((((long)row * _sizes.Heads) + firstHead) * _sizes.ValueLength);
        var length = end - begin;

        for (var at = begin; at < end;)
        {
            var (slot, count) = Slots(at, end);
            var page = sequence.PageOf(at);
            var keys = sequence.Store.ReadKeys(page, _block, keyHead, slot + count, scratch) + (slot * _sizes.KeyLength);
            for (var head = 0; head < _group; head++)
            {
                var query = queries + (head * _sizes.KeyLength);
                var slope = _slopes is null ? 0 : _slopes[firstHead + head];
                var score = scores + ((long)head * length) + (at - begin);
                for (var i = 0; i < count; i++)
                {
                    score[i] = Vectors.Dot(query, keys + (i * _sizes.KeyLength), _sizes.KeyLength) * _scale;
                    if (slope != 0) score[i] -= slope * Math.Abs(position - (at + i));
                }
            }

            at += count;
        }

        for (var head = 0; head < _group; head++) Vectors.Softmax(scores + ((long)head * length), length);
        new Span<float>(outputs, _group * _sizes.ValueLength).Clear();
        for (var at = begin; at < end;)
        {
            var (slot, count) = Slots(at, end);
            var page = sequence.PageOf(at);
            var values = sequence.Store.ReadValues(page, _block, keyHead, slot + count, scratch) + (slot * _sizes.ValueLength);
            for (var head = 0; head < _group; head++)
            {
                var weights = scores + ((long)head * length) + (at - begin);
                var output = outputs + (head * _sizes.ValueLength);
                for (var i = 0; i < count; i++)
                    Vectors.AddScaled(values + (i * _sizes.ValueLength), weights[i], output, _sizes.ValueLength);
            }

            at += count;
        }
    }

    // The place of a text token in its page, and how many from there on are in the same.
    private static (int Slot, int Count) Slots(int at, int end)
    {
        var slot = at % PagePool.PageTokens;
        return (slot, Math.Min(PagePool.PageTokens - slot, end - at));
    }

    // Press, Smith and Lewis 2022; for numbers of heads that are no power of two, as their code has it.
    private static float[] Slopes(int heads, double maxBias)
    {
        var power = 1 << (int)Math.Floor(Math.Log2(heads));
        var (even, odd) = (Math.Pow(2, -maxBias / power), Math.Pow(2, -maxBias / 2 / power));
        return [.. Enumerable.Range(0, heads).Select(
            head => (float)(head < power ? Math.Pow(even, head + 1) : Math.Pow(odd, (2 * (head - power)) + 1)))];
    }
}
