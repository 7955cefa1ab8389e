using Microsoft.ML.OnnxRuntime;

namespace Jtfa.Silo.Cameras.Vision;

/// <summary>One camera's buffers for a shared backbone. Used by one caller at a time.</summary>
public sealed class BackboneRun : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly string[] _inputNames;
    private readonly string[] _outputNames;
    private readonly BackboneTensor _input;
    private readonly BackboneTensor _output;
    private readonly OrtValue[] _inputs;
    private readonly OrtValue[] _outputs;

    internal BackboneRun(InferenceSession session, string inputName, TensorFormat input, string outputName, TensorFormat output)
    {
        _session = session;
        (_inputNames, _outputNames) = ([inputName], [outputName]);
        (_input, _output) = (new BackboneTensor(input), new BackboneTensor(output));
        (_inputs, _outputs) = ([_input.Value], [_output.Value]);
    }

    /// <summary>What the backbone reads: height × width × channels numbers.</summary>
    public float[] Image => _input.Values;

    /// <summary>What it wrote: F numbers.</summary>
    public float[] Features => _output.Values;

    /// <summary>Runs the backbone from <see cref="Image"/> to <see cref="Features"/>, on the caller's thread.</summary>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime could not run it.</exception>
    public void Run()
    {
        _input.Write();
        _session.Run(_options, _inputNames, _inputs, _outputNames, _outputs);
        _output.Read();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _input.Dispose();
        _output.Dispose();
        _options.Dispose();
    }
}
