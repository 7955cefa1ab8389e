using System.Runtime.ExceptionServices;
using Jtfa.Language.Files;

namespace Jtfa.Language.Quantization;

/// <summary>Writes models in other formats.</summary>
public static class Quantizer
{
    /// <summary>Writes a model, tensor by tensor; the file is there whole or not at all.</summary>
    /// <param name="file">The model.</param>
    /// <param name="path">The file to write, in the place of any that is there.</param>
    /// <param name="metadata">Keys and values that it gets.</param>
    /// <param name="plans">What becomes of each tensor.</param>
    /// <param name="threads">Threads that encode.</param>
    /// <param name="progress">Is told how many numbers have been written.</param>
    /// <param name="cancellationToken">Ends it; nothing is left then.</param>
    /// <exception cref="ModelFileException">A number cannot be stored, or the file cannot be written.</exception>
    public static void Write(
        GgufFile file, string path, IEnumerable<KeyValuePair<string, object>> metadata, IReadOnlyList<TensorPlan> plans, int threads,
        IProgress<WorkProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(plans);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        var (done, total) = (0L, plans.Sum(plan => plan.Tensor.Elements));
        GgufWriter.Tensor Recoded(TensorPlan plan) => new(plan.Tensor.Name, plan.Format, plan.Tensor.Shape, stream =>
            new TensorRecoder(file, plan).Write(stream, threads, numbers =>
            {
                done += numbers;
                progress?.Report(new(plan.Tensor.Name, done, total));
            }, cancellationToken));

        try
        {
            WholeModelFile.Write(path, stream => GgufWriter.Write(stream, metadata, [.. plans.Select(Recoded)]));
        }
        catch (AggregateException several) when (several.InnerException is ModelFileException fault)
        {
            ExceptionDispatchInfo.Throw(fault); // of the threads' faults, the first says enough
        }
    }
}
