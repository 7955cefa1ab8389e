using Jtfa.Language.Caches;
using Jtfa.Language.Evaluation;
using Jtfa.Language.Files;
using Jtfa.Language.Models;
using Jtfa.Language.Quantization;
using Jtfa.Language.Tests.Models;
using Jtfa.Language.Tests.Peer;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Tests.Quantization;

/// <summary>Models in other formats: what is in the file, who reads it, and that it is there whole or not at all.</summary>
public sealed class QuantizerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("jtfa-").FullName;

    private string Model => Path.Combine(_folder, "model.gguf");

    private string Small => Path.Combine(_folder, "small.gguf");

    public static TheoryData<string> Names => [.. WeightFormat.All.Select(format => format.Name)];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, MemberData(nameof(Names))]
    public void Every_format_is_written_and_read_by_whom_it_is_for(string name)
    {
        var format = WeightFormat.Find(name)!;
        RandomModel.Write(Model, "llama:wide");
        Quantize(format);
        using (GgufFile from = GgufFile.Open(Model), to = GgufFile.Open(Small))
        {
            Assert.Equal(from.Tensors.Select(tensor => (tensor.Name, string.Join(' ', tensor.Shape))),
                to.Tensors.Select(tensor => (tensor.Name, string.Join(' ', tensor.Shape))));
            var values = to.Metadata.Values.ToDictionary();
            var kept = from.Metadata.Values.Where(pair => pair.Key != "general.file_type");
            Assert.All(kept, pair => Assert.Equal(pair.Value, values[pair.Key]));
            Assert.Equal(format, to.Find("blk.0.attn_q.weight")!.Format);
            Assert.Equal(WeightFormat.Find("F32"), to.Find("blk.0.attn_norm.weight")!.Format);
            var head = format.BitsPerWeight < WeightFormat.Find("Q6_K")!.BitsPerWeight ? "Q6_K" : name;
            Assert.Equal(head, to.Find("output.weight")!.Format.Name);
            var down = to.Find("blk.0.ffn_down.weight")!.Format; // rows of 96
            Assert.True(format.BlockLength is 64 or 256 ? down != format : down == format);
            Assert.True(down.BitsPerWeight >= format.BitsPerWeight);
        }

        var (ours, tokens) = (Logits(Small), Tokens());
        if (format.Id >= WeightFormat.FirstOwnId)
        {
            if (OperatingSystem.IsLinux()) Assert.ThrowsAny<Exception>(() => new LlamaCpp(Small).Dispose());
            return;
        }

        Ggml.Needed();
        using var peer = new LlamaCpp(Small);
        var theirs = peer.Run(tokens)[^1];

        // Both turn activations to bytes, llama.cpp in blocks of 256 for some formats, and to BF16 for that: which is less exact.
        var away = Math.Sqrt(ours.Zip(theirs, (a, b) => Math.Pow(a - b, 2)).Sum() / theirs.Sum(logit => Math.Pow(logit, 2)));
        TestContext.Current.TestOutputHelper!.WriteLine($"{name}: away by {away:E1}");
        Assert.InRange(away, 0, format.Name == "F32" ? 5e-3 : 0.1);
    }

    [Fact]
    public void Threads_do_not_change_a_byte_and_options_are_obeyed()
    {
        RandomModel.Write(Model, "llama:wide");
        Quantize(WeightFormat.Find("q3h")!, threads: 1);
        var alone = File.ReadAllBytes(Small);
        Quantize(WeightFormat.Find("q3h")!, threads: 3);
        Assert.Equal(alone, File.ReadAllBytes(Small));

        using (var file = GgufFile.Open(Model))
        {
            var plans = QuantizationPlan.Uniform(file, WeightFormat.Find("Q4_0")!, WeightFormat.Find("F16"), WeightFormat.Find("Q8_0"));
            Quantizer.Write(file, Small, QuantizationPlan.Metadata(file, plans), plans, 2);
        }

        using var small = GgufFile.Open(Small);
        Assert.Equal(
            ("F16", "Q8_0", "Q4_0", 2u),
            (small.Find("token_embd.weight")!.Format.Name, small.Find("output.weight")!.Format.Name,
                small.Find("blk.1.ffn_up.weight")!.Format.Name, small.Metadata.Get<uint>("general.file_type")));
    }

    [Fact]
    public void A_number_that_is_none_leaves_what_was_there()
    {
        RandomModel.Write(Model, "llama:wide");
        using (var file = GgufFile.Open(Model))
        {
            var tensor = file.Find("output.weight")!;
            var bytes = File.ReadAllBytes(Model);
            BitConverter.TryWriteBytes(bytes.AsSpan((int)(file.Header.DataStart + tensor.Offset + 400)), float.NaN);
            File.WriteAllBytes(Path.Combine(_folder, "odd.gguf"), bytes);
        }

        File.WriteAllText(Small, "kept");
        using var odd = GgufFile.Open(Path.Combine(_folder, "odd.gguf"));
        var plans = QuantizationPlan.Uniform(odd, WeightFormat.Find("Q4_0")!, null, null);
        var fault = Assert.Throws<ModelFileException>(() => Quantizer.Write(odd, Small, odd.Metadata.Values, plans, 3));
        Assert.Contains("number 100 of row 0 of tensor output.weight is NaN", fault.Message, StringComparison.Ordinal);
        Assert.Equal("kept", File.ReadAllText(Small));
        Assert.Equal(3, Directory.GetFiles(_folder).Length);

        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        using var whole = GgufFile.Open(Model);
        Assert.ThrowsAny<OperationCanceledException>(
            () => Quantizer.Write(whole, Small, whole.Metadata.Values, plans, 3, cancellationToken: stopped.Token));
        Assert.Equal("kept", File.ReadAllText(Small));
        Assert.Equal(3, Directory.GetFiles(_folder).Length);
    }

    [Theory, InlineData("llama:wide", 4.5), InlineData("gemma", 5)]
    public void Formats_by_tensor_keep_the_budget_and_lose_no_more_than_one_for_all(string kind, double bits)
    {
        RandomModel.Write(Model, kind);
        int[] text;
        TextLosses asIs;
        Predictions exact;
        using (var model = LanguageModel.Load(Model, 2))
        {
            text = WrittenText.By(model, 250, seed: 77); // another than what is measured on
            asIs = Perplexity.Of(model, text, 256);
            exact = Predictions.Of(model, text);
        }

        AutoQuantization auto;
        using (var file = GgufFile.Open(Model))
        {
            auto = AutoQuantization.Of(file, bits, null, 2);
            Assert.InRange(QuantizationPlan.MeanBits(file, auto.Plans), bits - 0.5, bits);
            Quantizer.Write(file, Small, QuantizationPlan.Metadata(file, auto.Plans), auto.Plans, 2);
        }

        Assert.True(auto.Plans.Select(plan => plan.Format).Distinct().Count() > 2);
        var (divergence, losses) = Measured();
        TestContext.Current.TestOutputHelper!.WriteLine($"auto {divergence:E2}, perplexity {losses.RatioTo(asIs):F4}");
        foreach (var format in WeightFormat.All.Where(format => format.BitsPerWeight <= bits && format.BitsPerWeight > bits - 0.6))
        {
            using (var file = GgufFile.Open(Model))
            {
                var plans = QuantizationPlan.Uniform(file, format, format, format);
                if (QuantizationPlan.MeanBits(file, plans) < bits - 0.6) continue;
                Quantizer.Write(file, Small, QuantizationPlan.Metadata(file, plans), plans, 2);
            }

            var (other, otherLosses) = Measured();
            TestContext.Current.TestOutputHelper!.WriteLine($"{format}: {other:E2}, perplexity {otherLosses.RatioTo(asIs):F4}");
            Assert.True(divergence <= other);
            Assert.True(losses.Mean <= otherLosses.Mean + 0.002); // 250 text tokens say no more
        }

        (double, TextLosses) Measured()
        {
            using var model = LanguageModel.Load(Small, 2);
            return (exact.DivergenceOf(model), Perplexity.Of(model, text, 256));
        }
    }

    [Fact]
    public void A_budget_that_cannot_be_held_is_refused_in_one_line()
    {
        RandomModel.Write(Model, "llama"); // rows of 64 and 96
        using var file = GgufFile.Open(Model);
        var fault = Assert.Throws<ModelFileException>(() => AutoQuantization.Of(file, 3.5, null, 2));
        Assert.Matches(@"its matrices take 3\.\d\d bits a number at least, more than 3\.5: allow more$", fault.Message);
    }

    [Fact]
    public void The_choice_is_nearly_the_best_there_is()
    {
        var random = new Random(3);
        WeightFormat[] formats = [.. ((string[])["Q3_B64", "Q4_B64", "Q6_B64", "Q8_0"]).Select(name => WeightFormat.Find(name)!)];
        for (var times = 0; times < 50; times++)
        {
            TensorCosts[] tensors = [.. Enumerable.Range(0, 6).Select(i =>
            {
                var scale = Math.Exp(6 * random.NextDouble());
                var tensor = new GgufTensor($"t{i}", formats[0], [64, random.Next(1, 40)], 0);
                var costs = formats.Select(format => new FormatCost(format, scale * Math.Pow(4, -format.BitsPerWeight)));
                return new TensorCosts(tensor, [.. costs]);
            })];
            var budget = 3.5 + (4 * random.NextDouble());
            double Bits(IEnumerable<FormatCost> chosen) =>
                chosen.Zip(tensors, (cost, tensor) => cost.Format.BitsPerWeight * tensor.Tensor.Elements).Sum();
            var chosen = Allocation.Choose(tensors, budget)!;
            var allowed = budget * tensors.Sum(tensor => tensor.Tensor.Elements);
            Assert.True(Bits(chosen) <= allowed);

            var best = double.PositiveInfinity;
            for (var code = 0; code < 4096; code++)
            {
                FormatCost[] other = [.. tensors.Select((tensor, i) => tensor.Costs[(code >> (2 * i)) & 3])];
                if (Bits(other) <= allowed) best = Math.Min(best, other.Sum(cost => cost.Divergence));
            }

            Assert.InRange(chosen.Sum(cost => cost.Divergence), best * (1 - 1e-12), best * 3);
        }

        Assert.Null(Allocation.Choose([new(new GgufTensor("t", formats[0], [64, 1], 0), [new(formats[1], 1)])], 4.4));
    }

    private static int[] Tokens() => [1, .. Enumerable.Range(0, 40).Select(i => 3 + (i * 97 % 297))];

    private static float[] Logits(string path)
    {
        using var model = LanguageModel.Load(path, 2);
        using var pool = model.CreatePool(CacheFormat.F32, 8);
        using var sequence = new CachedSequence(pool);
        var (batch, tokens, logits) = (new Batch(), Tokens(), new float[model.Vocabulary]);
        Assert.True(batch.TryAdd(sequence, tokens));
        model.Logits(model.Forward(batch)[^model.Sizes.Width..], 1, logits);
        Assert.All(logits, logit => Assert.True(float.IsFinite(logit)));
        return logits;
    }

    private void Quantize(WeightFormat format, int threads = 2)
    {
        using var file = GgufFile.Open(Model);
        var plans = QuantizationPlan.Uniform(file, format, null, null);
        Quantizer.Write(file, Small, QuantizationPlan.Metadata(file, plans), plans, threads);
    }
}
