using Jtfa.Language.Decoding;
using Jtfa.Language.Tokenizers;

namespace Jtfa.Language.Serving;

/// <summary>
/// Compiled JSON schemas, the last ones used: what one text has learned of a schema serves the next one of the same owner. From whichever
/// thread.
/// </summary>
/// <param name="tokenizer">Whose vocabulary is meant.</param>
internal sealed class SchemaMasks(Tokenizer tokenizer)
{
    private const int Most = 16;
    private readonly Lock _gate = new();
    private readonly LinkedList<((string? Owner, string Schema) Key, JsonMasks Masks)> _known = [];
    private readonly Lazy<VocabularyTrie> _vocabulary = new(() => new VocabularyTrie(
        tokenizer.VocabularySize, id => tokenizer.BytesOf(id), tokenizer.IsEndOfGeneration));

    /// <summary>The masks of a schema.</summary>
    /// <exception cref="SchemaException">It is wrong, or a text cannot be held to it.</exception>
    public JsonMasks Of(string? owner, string schema)
    {
        var key = (owner, schema);
        lock (_gate)
        {
            for (var at = _known.First; at is not null; at = at.Next)
            {
                if (at.Value.Key != key) continue;
                _known.Remove(at);
                _known.AddFirst(at);
                return at.Value.Masks;
            }
        }

        var masks = new JsonMasks(JsonGrammar.Parse(schema), _vocabulary.Value);
        lock (_gate)
        {
            _known.AddFirst((key, masks));
            if (_known.Count > Most) _known.RemoveLast();
        }

        return masks;
    }
}
