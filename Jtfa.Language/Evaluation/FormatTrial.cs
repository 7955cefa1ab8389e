using Jtfa.Language.Files;
using Jtfa.Language.Models;
using Jtfa.Language.Quantization;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Evaluation;

/// <summary>What a format costs a model, before the model is quantised to it.</summary>
public static class FormatTrial
{
    /// <summary>
    /// What each text token of a text costs when the matrices of the model's blocks are as inexact as in a format. Products are computed
    /// in single precision, from a file of the system's temporary folder that takes 4 bytes a weight.
    /// </summary>
    /// <param name="path">The model.</param>
    /// <param name="format">The format.</param>
    /// <param name="threads">Threads that compute.</param>
    /// <param name="measure">Measures the inexact model on the text.</param>
    /// <param name="progress">Is told how far it is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static TextLosses Of(
        string path, WeightFormat format, int threads, Func<LanguageModel, TextLosses> measure, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(measure);
        var trial = Path.Combine(Path.GetTempPath(), $"jtfa-{Guid.NewGuid():N}.gguf");
        try
        {
            using (var file = GgufFile.Open(path))
            {
                var plans = QuantizationPlan.Trial(file, format);
                Quantizer.Write(file, trial, file.Metadata.Values, plans, threads, progress, cancellationToken);
            }

            using var model = LanguageModel.Load(trial, threads);
            return measure(model);
        }
        finally
        {
            File.Delete(trial);
        }
    }
}
