using LLama;
using LLama.Common;
using LLama.Native;

namespace Jtfa.Language.Tests.Peer;

/// <summary>A model in llama.cpp, to compare with.</summary>
internal sealed class LlamaCpp : IDisposable
{
    private readonly LLamaWeights _weights;
    private readonly LLamaContext _context;

    /// <param name="path">The file.</param>
    /// <param name="embeddings">Whether hidden states are wanted.</param>
    /// <param name="ofText">Of a whole text one, as the file pools them, instead of one a text token.</param>
    public LlamaCpp(string path, bool embeddings = false, bool ofText = false)
    {
        NativeLogConfig.llama_log_set((_, _) => { });
        var parameters = new ModelParams(path)
        {
            ContextSize = 256,
            GpuLayerCount = 0,
            Threads = 1,
            BatchThreads = 1,
            Embeddings = embeddings,
            PoolingType = embeddings && !ofText ? LLamaPoolingType.None : LLamaPoolingType.Unspecified,
            TypeK = GGMLType.GGML_TYPE_F32,
            TypeV = GGMLType.GGML_TYPE_F32,
            FlashAttention = false,
        };
        _weights = LLamaWeights.LoadFromFile(parameters);
        _context = _weights.CreateContext(parameters);
    }

    /// <summary>Logits after each text token, or hidden states of an encoder.</summary>
    public float[][] Run(ReadOnlySpan<int> tokens, bool embeddings = false)
    {
        var batch = new LLamaBatch();
        for (var i = 0; i < tokens.Length; i++) batch.Add(tokens[i], i, LLamaSeqId.Zero, logits: true);
        Assert.Equal(DecodeResult.Ok, embeddings ? (DecodeResult)_context.Encode(batch) : _context.Decode(batch));
        return [.. Enumerable.Range(0, tokens.Length).Select(i => embeddings
            ? _context.NativeHandle.GetEmbeddingsIth(i).ToArray()
            : _context.NativeHandle.GetLogitsIth(i).ToArray())];
    }

    /// <summary>The vector of a text.</summary>
    public float[] Embed(ReadOnlySpan<int> tokens)
    {
        _context.NativeHandle.MemoryClear();
        var batch = new LLamaBatch();
        for (var i = 0; i < tokens.Length; i++) batch.Add(tokens[i], i, LLamaSeqId.Zero, logits: true);
        Assert.Equal(DecodeResult.Ok, (DecodeResult)_context.Encode(batch));
        return _context.NativeHandle.GetEmbeddingsSeq(LLamaSeqId.Zero).ToArray();
    }

    public void Dispose()
    {
        _context.Dispose();
        _weights.Dispose();
    }
}
