using Jtfa.Core;
using Jtfa.Silo.Cameras.Sources;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Jtfa.Silo.Cameras.Vision;

/// <summary>
/// An ONNX model from one image to one vector. One session serves all cameras that use the model (running it is thread-safe); each
/// run takes one thread, so that cameras of one machine do not compete for its cores.
/// </summary>
public sealed class Backbone : IDisposable
{
    private readonly InferenceSession _session;
    private readonly string _inputName;
    private readonly TensorFormat _input;
    private readonly string _outputName;
    private readonly TensorFormat _output;

    private Backbone(InferenceSession session, string inputName, TensorFormat input, string outputName, TensorFormat output)
    {
        _session = session;
        (_inputName, _input) = (inputName, input);
        (_outputName, _output) = (outputName, output);
    }

    /// <summary>F, the length of the vector.</summary>
    public int Features => _output.Length;

    /// <summary>
    /// Loads a model and runs it once, after a trial in a process of its own: that tells the output's size and warms the session up.
    /// </summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="input">How it is fed.</param>
    /// <param name="output">Name of its output.</param>
    /// <exception cref="CameraFaultException">The file is missing or not such a model, or its input or output does not fit.</exception>
    public static Backbone Load(string path, ModelInput input, string output)
    {
        if (!File.Exists(path)) throw new CameraFaultException($"The backbone '{path}' does not exist: correct backbone in model.json");
        CheckFile(path, "backbone in model.json");
        BackboneTrial.Pass(path, input, output);
        return LoadUntried(path, input, output);
    }

    /// <summary>Loads a model that may end this process.</summary>
    /// <inheritdoc cref="Load"/>
    internal static Backbone LoadUntried(string path, ModelInput input, string output)
    {
        InferenceSession? session = null;
        try
        {
            OnnxRuntimeTelemetry.TurnOff();
            using var options = new SessionOptions
            {
                IntraOpNumThreads = 1,
                InterOpNumThreads = 1,
                ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, // what is wrong is thrown, too
            };
            session = new InferenceSession(path, options);
            CheckNames(session, path, input, output);
            var (taken, given) = Try(session, path, input, output);
            return new Backbone(session, input.Name, taken, output, given);
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
    public BackboneRun CreateRun() => new(_session, _inputName, _input, _outputName, _output);

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    /// <summary>Opens a backbone's file, and looks whether it is one that Git LFS has not fetched.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="named">What names it, for a message.</param>
    /// <exception cref="CameraFaultException">It cannot be read, or is not fetched.</exception>
    internal static void CheckFile(string path, string named)
    {
        using var file = SourceFile.Open(path, "backbone", named);
        if (GitLfsPointer.Is(file)) throw new CameraFaultException($"The backbone '{path}' cannot be used: {GitLfsPointer.Advice}");
    }

    /// <summary>The only input of a backbone.</summary>
    /// <exception cref="CameraFaultException">It has several, or none.</exception>
    internal static (string Name, NodeMetadata Declared) OnlyInput(InferenceSession session, string path)
    {
        if (session.InputMetadata is not { Count: 1 } inputs)
        {
            throw new CameraFaultException($"The backbone '{path}' has the inputs {string.Join(", ", session.InputMetadata.Keys)}:"
                + " export it with the image as the only one");
        }

        var (name, declared) = inputs.First();
        return (name, declared);
    }

    private static void CheckNames(InferenceSession session, string path, ModelInput input, string output)
    {
        OnlyInput(session, path);
        if (!session.InputMetadata.ContainsKey(input.Name))
            throw new CameraFaultException(
                $"The backbone '{path}' has the input {string.Join(", ", session.InputMetadata.Keys)},"
                + $" model.json names '{input.Name}': correct input.name in model.json");
        if (!session.OutputMetadata.ContainsKey(output))
            throw new CameraFaultException(
                $"The backbone '{path}' has the outputs {string.Join(", ", session.OutputMetadata.Keys)},"
                + $" model.json names '{output}': correct output in model.json");
    }

    // A model that declares no sizes shows only when it runs whether it takes an image with or without a batch axis.
    private static (TensorFormat Input, TensorFormat Output) Try(InferenceSession session, string path, ModelInput input, string output)
    {
        var (type, cast, forms) = Accepted(session.InputMetadata[input.Name], path, input);
        OnnxRuntimeException? first = null;
        foreach (var form in forms)
        {
            var taken = new TensorFormat(type, cast, form);
            try
            {
                return (taken, Output(session, path, input.Name, taken, output));
            }
            catch (OnnxRuntimeException e)
            {
                first ??= e;
            }
        }

        throw first!;
    }

    private static (TensorElementType Type, ElementCast Cast, List<long[]> Forms) Accepted(
        NodeMetadata declared, string path, ModelInput input)
    {
        if (!declared.IsTensor)
            throw new CameraFaultException($"The backbone '{path}' takes a {declared.OnnxValueType}: export it with a tensor as its input");
        var type = declared.ElementDataType;
        if (ElementCast.Find(type) is not { } cast)
            throw new CameraFaultException($"The backbone '{path}' takes {type}: export it with an input of {ElementCast.Known}");
        var forms = InputFit.Dimensions(input, declared.Dimensions);
        if (forms.Count == 0)
        {
            throw new CameraFaultException(
                $"The backbone '{path}' takes {type} ({string.Join(", ", declared.Dimensions)}), model.json "
                + $"describes ({string.Join(", ", input.Dimensions)}): {InputFit.Advice(input, declared.Dimensions)}");
        }

        if (cast.IsWhole && input.FaultAsWhole(cast) is { } fault)
            throw new CameraFaultException($"The backbone '{path}' takes {type}, {fault}");
        return (type, cast, forms);
    }

    private static TensorFormat Output(InferenceSession session, string path, string inputName, TensorFormat input, string output)
    {
        using var image = new BackboneTensor(input);
        using var options = new RunOptions();
        image.Write();
        using var results = session.Run(options, [inputName], [image.Value], [output]);
        if (!results[0].IsTensor)
            throw new CameraFaultException(
                $"The backbone '{path}' gives a {results[0].OnnxType} in '{output}': export it with a tensor as its output");
        var vector = results[0].GetTensorTypeAndShape();
        if (ElementCast.Find(vector.ElementDataType) is not { } cast || vector.ElementCount is < 1 or > int.MaxValue)
            throw new CameraFaultException(
                $"The backbone '{path}' gives {vector.ElementCount} numbers of type {vector.ElementDataType} in '{output}':"
                + $" export it with an output of {ElementCast.Known}");
        return new TensorFormat(vector.ElementDataType, cast, vector.Shape);
    }
}
