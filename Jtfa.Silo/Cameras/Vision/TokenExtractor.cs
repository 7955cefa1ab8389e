using Jtfa.Core;
using Jtfa.Silo.Cameras.Sources;
using Microsoft.ML.OnnxRuntime;

namespace Jtfa.Silo.Cameras.Vision;

/// <summary>One camera's way from frames to tokens: fit, pack, backbone, projection. Used by one caller at a time.</summary>
public sealed class TokenExtractor : IDisposable
{
    // Of a token's numbers: such a token can be encoded, whatever its length and its encoding.
    private const float Largest = (float)TokenCodec.MaxScale;

    private readonly FrameFitter _fitter;
    private readonly FramePacker _packer;
    private readonly BackboneRun _run;
    private readonly TokenProjection? _projection;
    private readonly string _name;
    private readonly float[] _token;

    internal TokenExtractor(ModelDescription description, BackboneRun run, TokenProjection? projection, int dimension)
    {
        _fitter = new FrameFitter(description.Input.Shape);
        _packer = new FramePacker(description.Input);
        _run = run;
        _projection = projection;
        _name = description.Name;
        _token = new float[dimension];
    }

    /// <summary>Makes a frame's token.</summary>
    /// <param name="frame">Any size, 1 or 3 channels.</param>
    /// <returns>d finite numbers; they hold until the next call.</returns>
    /// <exception cref="CameraFaultException">The backbone cannot be run, or its numbers are no token.</exception>
    public ReadOnlyMemory<float> Extract(Frame frame) => TryExtract(frame, out var token) ? token : throw NotFinite();

    /// <summary>Makes a frame's token, unless the model gives numbers for it that are not finite, or too large to be sent.</summary>
    /// <param name="frame">Any size, 1 or 3 channels.</param>
    /// <param name="token">d finite numbers; they hold until the next call.</param>
    /// <exception cref="CameraFaultException">The backbone cannot be run.</exception>
    public bool TryExtract(Frame frame, out ReadOnlyMemory<float> token)
    {
        _packer.Pack(_fitter.Fit(frame), _run.Image);
        try
        {
            _run.Run();
        }
        catch (OnnxRuntimeException e)
        {
            throw new CameraFaultException($"The backbone of model '{_name}' failed ({e.Message}): export it again", e);
        }
        if (_projection is null) _run.Features.CopyTo(_token, 0);
        else _projection.Apply(_run.Features, _token);
        token = _token;
        return _token.AsSpan().IndexOfAnyExceptInRange(-Largest, Largest) < 0;
    }

    /// <summary>The fault of a model that gives numbers that are not finite.</summary>
    internal CameraFaultException NotFinite(bool mayPass = false) => new(
        $"Model '{_name}' gives numbers that are not finite or beyond ±{Largest}: check input.scale, input.mean and input.std in "
        + "model.json")
    {
        MayPass = mayPass,
    };

    /// <inheritdoc/>
    public void Dispose() => _run.Dispose();
}
