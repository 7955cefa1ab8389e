using System.Text;
using LLama;
using LLama.Common;
using LLama.Native;

namespace Jtfa.Language.Tests.Peer;

/// <summary>llama.cpp's tokenizer of a model file.</summary>
internal sealed class LlamaVocabulary : IDisposable
{
    private readonly LLamaWeights _weights;

    public LlamaVocabulary(string path)
    {
        NativeLogConfig.llama_log_set((_, _) => { });
        _weights = LLamaWeights.LoadFromFile(new ModelParams(path) { VocabOnly = true });
    }

    /// <summary>The ids of a text, without BOS and EOS.</summary>
    public int[] Encode(string text, bool parseSpecial = false) =>
        [.. _weights.Tokenize(text, add_bos: false, parseSpecial, Encoding.UTF8).Select(token => (int)token)];

    /// <summary>The bytes that a token adds to a text.</summary>
    public byte[] BytesOf(int id)
    {
        var bytes = new byte[4096];
        var length = _weights.NativeHandle.TokenToSpan(id, bytes, lstrip: 0, special: false);
        return bytes[..(int)length];
    }

    /// <summary>Whether it ends what a model says.</summary>
    public bool IsEndOfGeneration(int id) => ((LLamaToken)id).IsEndOfGeneration(_weights.NativeHandle.Vocab);

    public void Dispose() => _weights.Dispose();
}
