using Jtfa.Language.Files;
using Jtfa.Language.Models;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Quantization;

/// <summary>
/// A copy of a model in single precision, of which single tensors are made inexact, and exact again, to see what that does.
/// </summary>
internal sealed class TrialFile : IDisposable
{
    private static readonly WeightFormat s_f32 = WeightFormat.Find("F32")!;
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"jtfa-{Guid.NewGuid():N}.gguf");
    private readonly GgufFile _model;
    private readonly int _threads;
    private readonly Dictionary<string, long> _places;

    /// <summary>Writes the copy, which takes 4 bytes a weight of the system's temporary folder.</summary>
    /// <param name="model">The model.</param>
    /// <param name="threads">Threads that compute.</param>
    /// <param name="progress">Is told how far it is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public TrialFile(GgufFile model, int threads, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        (_model, _threads) = (model, threads);
        var plans = QuantizationPlan.Matrices(model).Select(matrix =>
            new TensorPlan(matrix.Tensor, matrix.Role == TensorRole.Other ? matrix.Tensor.Format : s_f32));
        Quantizer.Write(model, _path, model.Metadata.Values, [.. plans], threads, progress, cancellationToken);
        using var copy = GgufFile.Open(_path);
        _places = copy.Tensors.ToDictionary(tensor => tensor.Name, tensor => copy.Header.DataStart + tensor.Offset, StringComparer.Ordinal);
    }

    /// <summary>Gives a tensor the numbers that it has in a format; null: its own.</summary>
    public void Put(GgufTensor tensor, WeightFormat? format, CancellationToken cancellationToken)
    {
        using var stream = new FileStream(_path, FileMode.Open, FileAccess.Write);
        stream.Position = _places[tensor.Name];
        var plan = new TensorPlan(tensor, s_f32) { Through = format };
        new TensorRecoder(_model, plan).Write(stream, _threads, _ => { }, cancellationToken);
    }

    /// <summary>The model as it is now.</summary>
    public LanguageModel Load() => LanguageModel.Load(_path, _threads);

    public void Dispose() => File.Delete(_path);
}
