using System.Text;
using Jtfa.Language.Caches;
using Jtfa.Language.Conversion;
using Jtfa.Language.Files;
using Jtfa.Language.Models;
using Jtfa.Language.Tests.Models;
using Jtfa.Language.Tests.Peer;
using Jtfa.Language.Tokenizers;
using Jtfa.Testing.Fuzzing;

namespace Jtfa.Language.Tests.Conversion;

/// <summary>Models of llama2.c: converted, they compute what their weights say; damaged, they are refused.</summary>
public sealed class Llama2cTests : IDisposable
{
    private const int Width = 24, Inner = 40, Blocks = 2, Heads = 6, Pairs = 2, Vocabulary = 270, Context = 64;
    private readonly string _folder = Directory.CreateTempSubdirectory("jtfa-").FullName;

    private string Bin => Path.Combine(_folder, "model.bin");

    private string Tokens => Path.Combine(_folder, "tokenizer.bin");

    private string Converted => Path.Combine(_folder, "model.gguf");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, InlineData(true), InlineData(false)]
    public void A_converted_model_computes_what_its_weights_say(bool isTied)
    {
        var tensors = Write(isTied);
        Llama2cModel.Open(Bin, Tokens).Write(Converted, "test");
        using (var file = GgufFile.Open(Converted))
        {
            var tokenizer = Tokenizer.Load(file);
            Assert.Equal((1, 2, Vocabulary), (tokenizer.BosId, tokenizer.EosId, tokenizer.VocabularySize));
            Assert.Equal(["▁", "a", "b", "<0x0A>"], tokenizer.Encode("ab\n").Select(tokenizer.NameOf));
            Assert.Equal("<s>", tokenizer.NameOf(1));
            Assert.Equal(isTied, file.Find("output.weight") is null);
        }

        int[] tokens = [1, .. Enumerable.Range(0, 40).Select(i => 3 + (i * 97 % 260))];
        var expected = new PlainTransformer
        {
            Tensor = name => tensors.GetValueOrDefault(name),
            Width = Width,
            Inner = Inner,
            Blocks = Blocks,
            Heads = Heads,
            Pairs = Pairs,
            Activation = x => x / (1 + Math.Exp(-x)),
            Names = ["att{0}", "ffn{0}", "wq{0}", "wk{0}", "wv{0}", "wo{0}", "w1{0}", "w3{0}", "w2{0}"],
            Ends = ["tokens", "final", isTied ? "tokens" : "classifier"],
        }.Logits(tokens);
        using var model = LanguageModel.Load(Converted, 2);
        using var pool = model.CreatePool(CacheFormat.F32, 3);
        using var sequence = new CachedSequence(pool);
        var (batch, logits, largest) = (new Batch(), new float[Vocabulary], expected.Max(Math.Abs));
        Assert.True(batch.TryAdd(sequence, tokens));
        model.Logits(model.Forward(batch)[^Width..], 1, logits);
        Assert.All(logits.Zip(expected), pair => Assert.InRange(Math.Abs(pair.First - pair.Second) / largest, 0, 1e-5));

        Ggml.Needed();
        using var peer = new LlamaCpp(Converted);
        Assert.All(peer.Run(tokens)[^1].Zip(expected), pair => Assert.InRange(Math.Abs(pair.First - pair.Second) / largest, 0, 1e-3));
    }

    public static TheoryData<string, string> Damages => new()
    {
        { "short", "its head alone has 28" }, { "cut", "a model of its sizes" }, { "later", "export it with --version 0" },
        { "dim", "its dim is -1" }, { "heads", "no even number for each of n_heads" }, { "pairs", "no multiple of n_kv_heads" },
        { "vocabulary", "vocab_size is 0" }, { "huge", "allowed is" }, { "tokens", "too few for the model's 270 tokens" },
        { "more tokens", "bytes follow token 269" }, { "token length", "token 4 claims 2000000000 bytes" },
        { "score", "the score of token 0" }, { "utf8", "is no UTF-8" }, { "missing", "cannot be opened" },
        { "no tokenizer", "cannot be read" },
    };

    [Theory, MemberData(nameof(Damages))]
    public void A_damaged_file_is_refused_in_one_line(string damage, string says)
    {
        Write(isTied: true);
        byte[] bin = File.ReadAllBytes(Bin), tokens = File.ReadAllBytes(Tokens);
        void Put(int place, int value) => BitConverter.TryWriteBytes(bin.AsSpan(4 * place), value);
        switch (damage)
        {
            case "short": bin = bin[..20]; break;
            case "cut": bin = bin[..^4]; break;
            case "later": Put(0, 0x616b3432); break;
            case "dim": Put(0, -1); break;
            case "heads": Put(3, 5); break;
            case "pairs": Put(4, 4); break;
            case "vocabulary": Put(5, 0); break;
            case "huge": Put(2, int.MaxValue); break;
            case "tokens": tokens = tokens[..100]; break;
            case "more tokens": tokens = [.. tokens, 0, 0, 0]; break;
            case "token length": BitConverter.TryWriteBytes(tokens.AsSpan(At(tokens, "<0x01>") - 4), 2_000_000_000); break;
            case "score": BitConverter.TryWriteBytes(tokens.AsSpan(4), float.NaN); break;
            case "utf8": tokens[At(tokens, "<0x01>")] = 0xff; break;
        }

        File.WriteAllBytes(Bin, bin);
        File.WriteAllBytes(Tokens, tokens);
        if (damage == "missing") File.Delete(Bin);
        if (damage == "no tokenizer") File.Delete(Tokens);
        var fault = Assert.Throws<ModelFileException>(() => Llama2cModel.Open(Bin, Tokens));
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void Mutants_are_converted_or_refused()
    {
        Write(isTied: false);
        byte[] bin = File.ReadAllBytes(Bin), tokens = File.ReadAllBytes(Tokens);
        var refused = 0;
        for (var number = 0; number < LongForm.Times(300); number++)
        {
            File.WriteAllBytes(Bin, number % 2 == 0 ? [.. Mutation.Of([bin[..28]], number), .. bin[28..]] : bin);
            File.WriteAllBytes(Tokens, number % 2 == 1 ? Mutation.Of([tokens], number) : tokens);
            try
            {
                Llama2cModel.Open(Bin, Tokens).Write(Converted, "mutant");
                GgufFile.Open(Converted).Dispose();
            }
            catch (ModelFileException fault)
            {
                refused++;
                Assert.DoesNotContain('\n', fault.Message);
            }
        }

        Assert.InRange(refused, 100, LongForm.Times(300) - 1);
    }

    private static int At(byte[] bytes, string text) => bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text));

    /// <summary>Writes model and tokenizer as llama2.c's export does, and returns the model's weights.</summary>
    private Dictionary<string, float[]> Write(bool isTied)
    {
        var (random, tensors) = (new Random(4), new Dictionary<string, float[]>());
        using (var writer = new BinaryWriter(File.Create(Bin)))
        {
            int[] head = [Width, Inner, Blocks, Heads, Pairs, isTied ? Vocabulary : -Vocabulary, Context];
            foreach (var size in head) writer.Write(size);
            void Add(string name, double mean, int length)
            {
                tensors.Add(name, [.. Enumerable.Range(0, length).Select(_ => (float)(mean + random.NextDouble() - 0.5))]);
                foreach (var number in tensors[name]) writer.Write(number);
            }

            void Each(string name, double mean, int length)
            {
                for (var block = 0; block < Blocks; block++) Add($"{name}{block}", mean, length);
            }

            var keys = Pairs * (Width / Heads) * Width;
            Add("tokens", 0, Vocabulary * Width);
            Each("att", 1, Width);
            Each("wq", 0, Width * Width);
            Each("wk", 0, keys);
            Each("wv", 0, keys);
            Each("wo", 0, Width * Width);
            Each("ffn", 1, Width);
            Each("w1", 0, Width * Inner);
            Each("w2", 0, Width * Inner);
            Each("w3", 0, Width * Inner);
            Add("final", 1, Width);
            Add("angles", 0, Context * (Width / Heads));
            if (!isTied) Add("classifier", 0, Vocabulary * Width);
        }

        using var pieces = new BinaryWriter(File.Create(Tokens));
        pieces.Write(7);
        for (var id = 0; id < Vocabulary; id++)
        {
            var text = id switch
            {
                0 => "<unk>",
                1 => "\n<s>\n",
                2 => "\n</s>\n",
                < 259 => $"<0x{id - 3:X2}>",
                259 => " ",
                _ => ((char)('a' + id - 260)).ToString(),
            };
            pieces.Write((float)-id);
            pieces.Write(Encoding.UTF8.GetByteCount(text));
            pieces.Write(Encoding.UTF8.GetBytes(text));
        }

        return tensors;
    }
}
