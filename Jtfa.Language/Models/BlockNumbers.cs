using Jtfa.Language.Architectures;
using Jtfa.Language.Kernels;

namespace Jtfa.Language.Models;

/// <summary>What blocks compute in between, for up to so many rows; the blocks of a stage use it one after another.</summary>
internal sealed unsafe class BlockNumbers : IDisposable
{
    private readonly NativeBuffer<float>[] _buffers;

    public BlockNumbers(Hyperparameters sizes, int innerNumbers, int rows)
    {
        Rows = rows;
        NativeBuffer<float> Take(long each) => new(each * rows);
        _buffers =
        [
            Take(sizes.Width), Take((long)sizes.Heads * sizes.KeyLength), Take((long)sizes.KeyValueHeads * sizes.KeyLength),
            Take((long)sizes.KeyValueHeads * sizes.ValueLength), Take((long)sizes.Heads * sizes.ValueLength), Take(sizes.Width),
            Take(innerNumbers), Take(sizes.Width),
        ];
    }

    /// <summary>Rows that there is room for.</summary>
    public int Rows { get; }

    /// <summary>rows × width: what goes into attention, then what goes into the feed-forward network.</summary>
    public float* Normed => _buffers[0].Address;

    /// <summary>rows × heads × key length.</summary>
    public float* Queries => _buffers[1].Address;

    /// <summary>rows × heads of keys × key length.</summary>
    public float* Keys => _buffers[2].Address;

    /// <summary>rows × heads of keys × value length.</summary>
    public float* Values => _buffers[3].Address;

    /// <summary>rows × heads × value length: what attention gives.</summary>
    public float* Heads => _buffers[4].Address;

    /// <summary>rows × width: the same, back at the width.</summary>
    public float* Attended => _buffers[5].Address;

    /// <summary>Within the feed-forward network.</summary>
    public float* Inner => _buffers[6].Address;

    /// <summary>rows × width: what the feed-forward network gives.</summary>
    public float* Fed => _buffers[7].Address;

    public void Dispose()
    {
        foreach (var buffer in _buffers) buffer.Dispose();
    }
}
