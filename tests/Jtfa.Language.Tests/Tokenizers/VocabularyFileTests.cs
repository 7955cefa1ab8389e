using System.Globalization;
using Jtfa.Language.Files;
using Jtfa.Language.Tokenizers;

namespace Jtfa.Language.Tests.Tokenizers;

/// <summary>llama.cpp's vocabulary files with texts and ids, where a folder of them is named.</summary>
public sealed class VocabularyFileTests
{
    private const string Folder = "JTFA_VOCABULARIES";

    [Fact]
    public void Ids_of_published_vocabularies_are_right()
    {
        var folder = Environment.GetEnvironmentVariable(Folder);
        Assert.SkipWhen(folder is null, $"Needs {Folder}: a folder of llama.cpp's models/ggml-vocab-*.gguf, .gguf.inp and .gguf.out.");
        var paths = Directory.GetFiles(folder!, "*.gguf");
        Assert.NotEmpty(paths);
        Assert.All(paths, path =>
        {
            using var file = GgufFile.Open(path);
            var tokenizer = Tokenizer.Load(file);
            var texts = File.ReadAllText(path + ".inp").Split("\n__ggml_vocab_test__\n");
            var lines = File.ReadAllLines(path + ".out");
            var wrong = 0;
            for (var i = 0; i < lines.Length; i++)
            {
                int[] expected = [.. lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries)
                    .Select(id => int.Parse(id, CultureInfo.InvariantCulture))];
                var found = tokenizer.Encode(texts[i]);
                if (expected.SequenceEqual(found)) continue;
                wrong++;
                Say($"{i} '{texts[i]}': {string.Join(' ', found)} for {lines[i]}");
            }

            Say($"{lines.Length - wrong} of {lines.Length} right");
            Assert.Equal(0, wrong);
            void Say(string text) => TestContext.Current.TestOutputHelper!.WriteLine($"{Path.GetFileName(path)}: {text}");
        });
    }
}
