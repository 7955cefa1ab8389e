using Microsoft.ML.OnnxRuntime;

namespace Jtfa.Silo.Cameras.Vision;

/// <summary>One camera's buffers for a shared backbone: pinned once, so that a run copies nothing. Used by one caller at a time.</summary>
public sealed class BackboneRun : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly string[] _inputNames;
    private readonly string[] _outputNames;
    private readonly OrtValue[] _inputs;
    private readonly OrtValue[] _outputs;

    internal BackboneRun(InferenceSession session, ModelInput input, string output, long[] outputDimensions)
    {
        _session = session;
        _inputNames = [input.Name];
        _outputNames = [output];
        Image = new float[input.Shape.Bytes];
        Features = new float[outputDimensions.Aggregate(1L, (product, size) => product * size)];
        _inputs = [OrtValue.CreateTensorValueFromMemory(Image, input.Dimensions)];
        _outputs = [OrtValue.CreateTensorValueFromMemory(Features, outputDimensions)];
    }

    /// <summary>What the backbone reads: height × width × channels numbers.</summary>
    public float[] Image { get; }

    /// <summary>What it wrote: F numbers.</summary>
    public float[] Features { get; }

    /// <summary>Runs the backbone from <see cref="Image"/> to <see cref="Features"/>, on the caller's thread.</summary>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime could not run it.</exception>
    public void Run() => _session.Run(_options, _inputNames, _inputs, _outputNames, _outputs);

    /// <inheritdoc/>
    public void Dispose()
    {
        _inputs[0].Dispose();
        _outputs[0].Dispose();
        _options.Dispose();
    }
}
