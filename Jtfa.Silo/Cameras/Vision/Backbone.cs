using Microsoft.ML.OnnxRuntime;

namespace Jtfa.Silo.Cameras.Vision;

/// <summary>
/// An ONNX model from one image to one vector. One session serves all cameras that use the model (running it is thread-safe); each
/// run takes one thread, so that cameras of one machine do not compete for its cores.
/// </summary>
public sealed class Backbone : IDisposable
{
    private readonly InferenceSession _session;
    private readonly ModelInput _input;
    private readonly string _output;
    private readonly long[] _outputDimensions;

    private Backbone(InferenceSession session, ModelInput input, string output, long[] outputDimensions)
    {
        _session = session;
        _input = input;
        _output = output;
        _outputDimensions = outputDimensions;
    }

    /// <summary>F, the length of the vector.</summary>
    public int Features => (int)_outputDimensions.Aggregate(1L, (product, size) => product * size);

    /// <summary>Loads a model and runs it once: that tells the output's size and warms the session up.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="input">How it is fed.</param>
    /// <param name="output">Name of its output.</param>
    /// <exception cref="CameraFaultException">The file is missing or not such a model, or its input or output does not fit.</exception>
    public static Backbone Load(string path, ModelInput input, string output)
    {
        if (!File.Exists(path)) throw new CameraFaultException($"The backbone '{path}' does not exist: correct backbone in model.json");
        InferenceSession? session = null;
        try
        {
            using var options = new SessionOptions
            {
                IntraOpNumThreads = 1,
                InterOpNumThreads = 1,
                ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
            };
            session = new InferenceSession(path, options);
            CheckNames(session, path, input, output);
            return new Backbone(session, input, output, OutputDimensions(session, path, input, output));
        }
        catch (OnnxRuntimeException e)
        {
            session?.Dispose();
            throw new CameraFaultException(
                $"The backbone '{path}' cannot be used ({e.Message}): export it again, or make model.json fit it", e);
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException or EntryPointNotFoundException)
        {
            throw new CameraFaultException(
                $"ONNX Runtime's native library cannot be loaded ({e.GetBaseException().Message}): run './jtfa setup' and build again", e);
        }
        catch (CameraFaultException)
        {
            session?.Dispose();
            throw;
        }
    }

    /// <summary>Buffers to run the backbone with, for one camera.</summary>
    public BackboneRun CreateRun() => new(_session, _input, _output, _outputDimensions);

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private static void CheckNames(InferenceSession session, string path, ModelInput input, string output)
    {
        if (!session.InputMetadata.TryGetValue(input.Name, out var metadata) || session.InputMetadata.Count != 1)
            throw new CameraFaultException(
                $"The backbone '{path}' has the inputs {string.Join(", ", session.InputMetadata.Keys)},"
                + $" model.json names '{input.Name}': make them one and the same");
        if (!session.OutputMetadata.ContainsKey(output))
            throw new CameraFaultException(
                $"The backbone '{path}' has the outputs {string.Join(", ", session.OutputMetadata.Keys)},"
                + $" model.json names '{output}': correct output in model.json");

        var taken = metadata.Dimensions;
        var given = input.Dimensions;
        var fits = metadata.ElementType == typeof(float) && taken.Length == given.Length
            && taken.Zip(given).All(pair => pair.First <= 0 || pair.First == pair.Second); // −1: any size
        if (!fits)
        {
            throw new CameraFaultException(
                $"The backbone '{path}' takes {metadata.ElementType.Name} ({string.Join(", ", taken)}), model.json "
                + $"describes Single ({string.Join(", ", given)}): correct input in model.json");
        }
    }

    private static long[] OutputDimensions(InferenceSession session, string path, ModelInput input, string output)
    {
        using var image = OrtValue.CreateTensorValueFromMemory(new float[input.Shape.Bytes], input.Dimensions);
        using var options = new RunOptions();
        using var results = session.Run(options, [input.Name], [image], [output]);
        var vector = results[0].GetTensorTypeAndShape();
        if (vector.ElementDataType != Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float || vector.ElementCount < 1)
            throw new CameraFaultException(
                $"The backbone '{path}' gives {vector.ElementCount} numbers of type {vector.ElementDataType} in '{output}':"
                + " export it with a float output");
        return vector.Shape;
    }
}
