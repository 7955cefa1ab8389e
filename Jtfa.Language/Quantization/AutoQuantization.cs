using Jtfa.Language.Caches;
using Jtfa.Language.Decoding;
using Jtfa.Language.Evaluation;
using Jtfa.Language.Files;
using Jtfa.Language.Models;
using Jtfa.Language.Tokenizers;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Quantization;

/// <summary>
/// Formats by tensor, from what was measured: each matrix in turn is made inexact in one format and the divergence of the model's
/// predictions is taken; that of other formats follows from their squared error, with which small divergences grow in proportion. Then
/// formats are chosen within a budget (<see cref="Allocation"/>), and the whole is measured beside one format for all matrices.
/// </summary>
public sealed record AutoQuantization
{
    private const int MostTokens = 512;
    private const int LeastTokens = 16;
    private const long MostLogits = 1 << 26;
    private const long NumbersCompared = 1 << 19;

    // What is no smaller than another of the same error is never chosen; BF16 and F32 are such beside F16 for weights of usual size.
    private static readonly WeightFormat[] s_candidates = [.. WeightFormat.All.Where(format => format.Name is not ("F32" or "BF16"))];

    /// <summary>What becomes of each tensor.</summary>
    public required IReadOnlyList<TensorPlan> Plans { get; init; }

    /// <summary>What each matrix was found to cost.</summary>
    public required IReadOnlyList<TensorCosts> Costs { get; init; }

    /// <summary>How far the predictions are from the exact model's.</summary>
    public required double Divergence { get; init; }

    /// <summary>The best single format for all matrices within the same bits; null where none is.</summary>
    public required WeightFormat? Uniform { get; init; }

    /// <summary>How far the predictions are with that.</summary>
    public required double? UniformDivergence { get; init; }

    /// <summary>Measures and chooses.</summary>
    /// <param name="file">The model.</param>
    /// <param name="meanBits">Bits that a matrix's number may take in the mean, embeddings and head included.</param>
    /// <param name="text">What predictions are compared on; null: what the model itself writes.</param>
    /// <param name="threads">Threads that compute.</param>
    /// <param name="progress">Is told how far it is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ModelFileException">The model cannot be had in so few bits, or is an encoder.</exception>
    public static AutoQuantization Of(
        GgufFile file, double meanBits, string? text, int threads, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        using var trial = new TrialFile(file, threads, progress, cancellationToken);
        Predictions exact;
        using (var model = trial.Load())
        {
            if (!model.Architecture.Causal)
                throw new ModelFileException(file.Path, "it is an encoder, which foretells no text: name a type instead of auto");
            exact = Predictions.Of(model, Calibration(file, model, text, cancellationToken));
        }

        GgufTensor[] matrices =
            [.. QuantizationPlan.Matrices(file).Where(matrix => matrix.Role != TensorRole.Other).Select(matrix => matrix.Tensor)];
        double Measured()
        {
            using var model = trial.Load();
            return exact.DivergenceOf(model);
        }

        List<TensorCosts> costs = [];
        foreach (var tensor in matrices)
        {
            progress?.Report(new($"measuring {tensor.Name}", costs.Count, matrices.Length));
            costs.Add(Cost(file, tensor, meanBits, threads, probe =>
            {
                trial.Put(tensor, probe, cancellationToken);
                var divergence = Measured();
                trial.Put(tensor, null, cancellationToken);
                return divergence;
            }));
        }

        var chosen = Allocation.Choose(costs, meanBits);
        if (chosen is null)
        {
            var least = Allocation.LeastBits(costs) / matrices.Sum(tensor => tensor.Elements);
            throw new ModelFileException(file.Path, FormattableString.Invariant(
                $"its matrices take {least:F2} bits a number at least, more than {meanBits}: allow more"));
        }

        double MeasuredWith(Func<int, WeightFormat> format)
        {
            for (var i = 0; i < matrices.Length; i++) trial.Put(matrices[i], format(i), cancellationToken);
            return Measured();
        }

        progress?.Report(new("measuring all", matrices.Length, matrices.Length));
        var divergence = MeasuredWith(i => chosen[i].Format);
        var uniform = UniformWithin(costs, meanBits);
        var uniformDivergence = uniform is null ? (double?)null : MeasuredWith(_ => uniform);
        var isWorse = uniformDivergence < divergence; // as where costs do not add up
        var formats = matrices.Select((tensor, i) => (tensor.Name, Format: isWorse ? uniform! : chosen[i].Format))
            .ToDictionary(pair => pair.Name, pair => pair.Format, StringComparer.Ordinal);
        return new AutoQuantization
        {
            Plans = [.. file.Tensors.Select(tensor => new TensorPlan(tensor, formats.GetValueOrDefault(tensor.Name) ?? tensor.Format))],
            Costs = costs,
            Divergence = isWorse ? uniformDivergence!.Value : divergence,
            Uniform = uniform,
            UniformDivergence = uniformDivergence,
        };
    }

    private static TensorCosts Cost(
        GgufFile file, GgufTensor tensor, double meanBits, int threads, Func<WeightFormat, double> divergenceOf)
    {
        var fitting = s_candidates.Where(format => FormatFit.Fits(format, tensor.Columns)).ToArray();
        var probe = fitting.MinBy(format => Math.Abs(format.BitsPerWeight - meanBits))!;
        var errors = new double[fitting.Length];
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads };
        Parallel.For(0, fitting.Length, options, i => errors[i] = SquaredError(file, tensor, fitting[i]));
        var probed = errors[Array.IndexOf(fitting, probe)];
        var factor = probed > 0 ? divergenceOf(probe) / probed : 0;
        return new TensorCosts(tensor, [.. fitting.Select((format, i) => new FormatCost(format, factor * errors[i]))]);
    }

    // Of some rows from all over the tensor: enough to tell formats apart.
    private static double SquaredError(GgufFile file, GgufTensor tensor, WeightFormat format)
    {
        var (numbers, back) = (new float[tensor.Columns], new float[tensor.Columns]);
        var blocks = new byte[format.BytesOf(tensor.Columns)];
        var (step, sum) = (Math.Max(1, tensor.Elements / NumbersCompared), 0.0);
        for (var row = 0L; row < tensor.Rows; row += step)
        {
            tensor.Format.Decode(file.Rows(tensor, row, 1), numbers);
            format.Encode(numbers, blocks);
            format.Decode(blocks, back);
            for (var i = 0; i < numbers.Length; i++) sum += (numbers[i] - (double)back[i]) * (numbers[i] - (double)back[i]);
        }

        return sum;
    }

    private static WeightFormat? UniformWithin(List<TensorCosts> costs, double meanBits) => s_candidates
        .Where(format => format.BitsPerWeight <= meanBits && costs.TrueForAll(tensor => tensor.Costs.Any(cost => cost.Format == format)))
        .MinBy(format => costs.Sum(tensor => tensor.Costs.First(cost => cost.Format == format).Divergence));

    private static int[] Calibration(GgufFile file, LanguageModel model, string? text, CancellationToken cancellationToken)
    {
        var most = (int)Math.Min(Math.Min(model.LongestText, MostTokens), Math.Max(LeastTokens, MostLogits / model.Vocabulary));
        var tokenizer = Tokenizer.Load(file);
        if (text is null) return Written(model, tokenizer.BosId ?? 0, most, cancellationToken);
        var tokens = Perplexity.Tokens(tokenizer, text);
        return tokens.Length > 0 ? tokens[..Math.Min(most, tokens.Length)] : Written(model, tokenizer.BosId ?? 0, most, cancellationToken);
    }

    private static int[] Written(LanguageModel model, int first, int count, CancellationToken cancellationToken)
    {
        using var pool = model.CreatePool(CacheFormat.F32, (count / PagePool.PageTokens) + 1);
        using var sequence = new CachedSequence(pool);
        var sampler = new Sampler(new SamplingOptions { Seed = 1 }, model.Vocabulary);
        var (logits, batch) = (new float[model.Vocabulary], new Batch());
        var tokens = new int[count];
        tokens[0] = first;
        for (var i = 1; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            batch.Clear();
            if (!batch.TryAdd(sequence, tokens.AsSpan(i - 1, 1))) throw new InvalidOperationException("The pool is too small.");
            model.Logits(model.Forward(batch), 1, logits);
            tokens[i] = sampler.Sample(logits);
        }

        return tokens;
    }
}
