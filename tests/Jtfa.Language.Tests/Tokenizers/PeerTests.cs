using System.Globalization;
using System.Text;
using Jtfa.Language.Files;
using Jtfa.Language.Tests.Peer;
using Jtfa.Language.Tokenizers;

namespace Jtfa.Language.Tests.Tokenizers;

/// <summary>The same ids as llama.cpp for text of all kinds.</summary>
public sealed class PeerTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData("default"), InlineData("gpt-2"), InlineData("mpt"), InlineData("starcoder"), InlineData("refact"), InlineData("command-r")]
    [InlineData("falcon"), InlineData("llama-bpe"), InlineData("qwen2"), InlineData("bloom")]
    public void Byte_level_ids_are_those_of_llama_cpp(string pre) => Compare(TestVocabularies.ByteLevel(pre));

    // DeepSeek's expressions have ranges from U+0800 with blanks in them, which llama.cpp has put a tabulator in place of by then.
    [Theory, InlineData("deepseek-llm"), InlineData("deepseek-coder")]
    public void Byte_level_ids_of_DeepSeek_are_those_of_llama_cpp(string pre) => Compare(
        TestVocabularies.ByteLevel(pre), (text, _) => string.Concat(text.Where(letter => letter < 0x800 || !char.IsWhiteSpace(letter))));

    // llama.cpp merges text to the tokens of structure, which ours never does: see 'Text_never_becomes_structure'.
    [Theory, InlineData(true), InlineData(false)]
    public void SentencePiece_ids_are_those_of_llama_cpp(bool addsBlank) => Compare(
        TestVocabularies.SentencePiece(addsBlank), (text, parseSpecial) => parseSpecial ? text : text.Replace('<', '('));

    // llama.cpp leaves out marks that take room or enclose, BERT does not.
    [Fact]
    public void WordPiece_ids_are_those_of_llama_cpp() => Compare(
        TestVocabularies.WordPiece(), (text, _) => string.Concat(text.EnumerateRunes().Where(
            rune => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark))));

    private void Compare(Dictionary<string, object> values, Func<string, bool, string>? change = null)
    {
        Ggml.Needed();
        using (var stream = File.Create(_path)) GgufWriter.Write(stream, values, []);
        using var file = GgufFile.Open(_path);
        var ours = Tokenizer.Load(file);
        using var theirs = new LlamaVocabulary(_path);
        for (var id = 0; id < ours.VocabularySize; id++)
        {
            Assert.Equal(theirs.BytesOf(id), ours.BytesOf(id));
            if (ours.NameOf(id) != "[PAD]") Assert.Equal(theirs.IsEndOfGeneration(id), ours.IsEndOfGeneration(id));
        }

        var random = new Random(16);
        var wrong = 0;
        for (var number = 0; number < LongForm.Times(3000); number++)
        {
            var text = NastyText.Next(random);
            var parseSpecial = number % 3 == 0;
            if (change is not null) text = change(text, parseSpecial);
            var (expected, found) = (theirs.Encode(text, parseSpecial), ours.Encode(text, parseSpecial));
            if (!expected.SequenceEqual(found) && wrong++ < 5)
            {
                TestContext.Current.TestOutputHelper!.WriteLine(
                    $"{number}: {string.Join(' ', text.Select(letter => $"{(int)letter:x4}"))}\n  '{text}'\n" +
                    $"  theirs {Show(expected)}\n  ours   {Show(found)}");
            }
        }

        Assert.Equal(0, wrong);
        string Show(int[] ids) => string.Join('·', ids.Select(id => $"{ours.NameOf(id)}"));
    }
}
