using System.Buffers.Binary;
using Jtfa.Language.Files;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Conversion;

/// <summary>
/// A model as llama2.c's first export has it: seven numbers of 32 bits, then single precision, each kind of weight of all blocks together;
/// and its tokenizer's file. Both are hostile until parsed.
/// </summary>
public sealed class Llama2cModel
{
    private const int HeaderBytes = 7 * 4;
    private const uint LaterMagic = 0x616b3432; // "ak42"
    private const int MaxSize = 1 << 24;
    private const int BufferBytes = 1 << 20;
    private static readonly WeightFormat s_f32 = WeightFormat.Find("F32")!;
    private readonly string _path;
    private readonly Llama2cTokenizer _tokenizer;
    private readonly int _width, _inner, _blocks, _heads, _pairs, _vocabulary, _context;
    private readonly bool _isTied;

    private Llama2cModel(string path, ReadOnlySpan<byte> header, string tokenizer)
    {
        _path = path;
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) == LaterMagic)
        {
            throw new ModelFileException(
                path, "it is of a later version of llama2.c's export, known is its first: export it with --version 0");
        }

        _width = Size(header, 0, "dim", 1, 1 << 20);
        _inner = Size(header, 1, "hidden_dim", 1, 1 << 22);
        _blocks = Size(header, 2, "n_layers", 1, 10_000);
        _heads = Size(header, 3, "n_heads", 1, 4096);
        _pairs = Size(header, 4, "n_kv_heads", 1, 4096);
        var vocabulary = Size(header, 5, "vocab_size", -MaxSize, MaxSize);
        (_vocabulary, _isTied) = (Math.Abs(vocabulary), vocabulary > 0);
        _context = Size(header, 6, "seq_len", 1, MaxSize);
        if (_vocabulary == 0) throw Fault("vocab_size is 0");
        if (_width % _heads != 0 || _width / _heads % 2 != 0) throw Fault($"dim {_width} is no even number for each of n_heads {_heads}");
        if (_heads % _pairs != 0) throw Fault($"n_heads {_heads} is no multiple of n_kv_heads {_pairs}");
        _tokenizer = Llama2cTokenizer.Read(tokenizer, _vocabulary);
    }

    private int HeadLength => _width / _heads;

    private int KeyWidth => _pairs * HeadLength;

    /// <summary>Reads sizes and tokenizer; weights are read when they are written.</summary>
    /// <param name="path">The model's <c>.bin</c>.</param>
    /// <param name="tokenizer">The tokenizer's <c>.bin</c>.</param>
    /// <exception cref="ModelFileException">A file is no such one, or damaged.</exception>
    public static Llama2cModel Open(string path, string tokenizer)
    {
        try
        {
            using var file = File.OpenHandle(path);
            var (header, length) = (new byte[HeaderBytes], RandomAccess.GetLength(file));
            if (RandomAccess.Read(file, header, 0) < HeaderBytes)
                throw new ModelFileException(path, $"it has {length} bytes, its head alone has {HeaderBytes}: name llama2.c's export");
            var model = new Llama2cModel(path, header, tokenizer);
            var expected = HeaderBytes + (4 * model.Numbers());
            if (length != expected)
            {
                throw new ModelFileException(
                    path, $"it has {length} bytes, a model of its sizes {expected}: it is cut off or no first export of llama2.c");
            }

            return model;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException(path, $"it cannot be opened ({fault.Message.TrimEnd('.')})", fault);
        }
    }

    /// <summary>Writes the same model as GGUF, whole or not at all.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="progress">Is told how many bytes have been written.</param>
    /// <param name="cancellationToken">Ends it; nothing is left then.</param>
    public void Write(string path, string name, IProgress<WorkProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        using var file = File.OpenHandle(_path);
        var (buffer, done, total) = (new byte[BufferBytes], 0L, 4 * Numbers());
        GgufWriter.Tensor Copied(string tensor, long at, params long[] shape) => new(tensor, s_f32, shape, stream =>
        {
            var left = 4 * shape.Aggregate(1L, (product, size) => product * size);
            for (var from = HeaderBytes + (4 * at); left > 0;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var count = RandomAccess.Read(file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, left)), from);
                if (count == 0) throw new ModelFileException(_path, "it became shorter while it was read");
                stream.Write(buffer, 0, count);
                (from, left, done) = (from + count, left - count, done + count);
                progress?.Report(new(tensor, done, total));
            }
        });

        WholeModelFile.Write(path, stream => GgufWriter.Write(stream, Metadata(name), Tensors(Copied)));
    }

    private int Size(ReadOnlySpan<byte> header, int place, string name, int least, int most)
    {
        var value = BinaryPrimitives.ReadInt32LittleEndian(header[(4 * place)..]);
        return value >= least && value <= most ? value : throw Fault($"its {name} is {value}, allowed is {least} … {most}");
    }

    private ModelFileException Fault(string fault) => new(_path, $"{fault}: it is no first export of llama2.c");

    // Sizes are within bounds whose product 64 bits hold.
    private long Numbers()
    {
        long width = _width, block = (2 * width) + (2 * width * width) + (2L * width * KeyWidth) + (3L * width * _inner);
        return ((_isTied ? 1 : 2) * _vocabulary * width) + (_blocks * block) + width + ((long)_context * HeadLength);
    }

    private List<GgufWriter.Tensor> Tensors(Func<string, long, long[], GgufWriter.Tensor> copied)
    {
        List<GgufWriter.Tensor> tensors = [];
        List<GgufWriter.Tensor>[] blocks = [.. Enumerable.Range(0, _blocks).Select(_ => new List<GgufWriter.Tensor>())];
        var at = 0L;
        GgufWriter.Tensor Next(string name, params long[] shape)
        {
            var tensor = copied($"{name}.weight", at, shape);
            at += shape.Aggregate(1L, (product, size) => product * size);
            return tensor;
        }

        void Each(string name, params long[] shape)
        {
            for (var block = 0; block < _blocks; block++) blocks[block].Add(Next($"blk.{block}.{name}", shape));
        }

        tensors.Add(Next("token_embd", _width, _vocabulary));
        Each("attn_norm", _width);
        Each("attn_q", _width, _width);
        Each("attn_k", _width, KeyWidth);
        Each("attn_v", _width, KeyWidth);
        Each("attn_output", _width, _width);
        Each("ffn_norm", _width);
        Each("ffn_gate", _width, _inner);
        Each("ffn_down", _inner, _width);
        Each("ffn_up", _width, _inner);
        tensors.AddRange(blocks.SelectMany(block => block));
        tensors.Add(Next("output_norm", _width));
        at += (long)_context * HeadLength; // sines and cosines of positions, which nobody needs
        if (!_isTied) tensors.Add(Next("output", _width, _vocabulary));
        return tensors;
    }

    private Dictionary<string, object> Metadata(string name)
    {
        Dictionary<string, object> values = new()
        {
            ["general.architecture"] = "llama",
            ["general.name"] = name,
            ["general.file_type"] = 0u,
            ["llama.vocab_size"] = (uint)_vocabulary,
            ["llama.context_length"] = (uint)_context,
            ["llama.embedding_length"] = (uint)_width,
            ["llama.block_count"] = (uint)_blocks,
            ["llama.feed_forward_length"] = (uint)_inner,
            ["llama.rope.dimension_count"] = (uint)HeadLength,
            ["llama.attention.head_count"] = (uint)_heads,
            ["llama.attention.head_count_kv"] = (uint)_pairs,
            ["llama.attention.layer_norm_rms_epsilon"] = 1e-5f,
        };
        foreach (var (key, value) in _tokenizer.Metadata()) values.Add(key, value);
        return values;
    }
}
