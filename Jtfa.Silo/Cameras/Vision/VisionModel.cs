using Jtfa.Core;
using Jtfa.Silo.Cameras.Sources;
using Jtfa.Silo.Scenes;

namespace Jtfa.Silo.Cameras.Vision;

/// <summary>A loaded model folder: from a frame to a token.</summary>
public sealed class VisionModel : IDisposable
{
    private readonly ModelDescription _description;
    private readonly Backbone _backbone;
    private readonly TokenProjection? _projection;

    private VisionModel(string folder, ModelDescription description, Backbone backbone, TokenProjection? projection)
    {
        Folder = folder;
        _description = description;
        _backbone = backbone;
        _projection = projection;
        Fingerprint = ModelFingerprint.Of(folder);
    }

    /// <summary>The folder that it came from.</summary>
    public string Folder { get; }

    /// <summary>What its tokens say of it; null where its files were gone a moment after they were loaded.</summary>
    public string? Fingerprint { get; }

    /// <summary>Frames that it takes without scaling.</summary>
    public FrameShape Shape => _description.Input.Shape;

    /// <summary>d, the length of its tokens.</summary>
    public int Dimension => _projection?.Dimension ?? _backbone.Features;

    /// <summary>Loads the model of a folder.</summary>
    /// <param name="folder">The folder of model.json.</param>
    /// <exception cref="CameraFaultException">A file is missing or corrupt, or the files do not fit each other.</exception>
    public static VisionModel Load(string folder)
    {
        var description = ModelDescription.Load(folder);
        var projection = description.Pca is { } pca ? TokenProjection.Load(Path.Combine(folder, pca)) : null;
        var backbone = Backbone.Load(Path.Combine(folder, description.Backbone), description.Input, description.Output);
        var model = new VisionModel(folder, description, backbone, projection);
        if (model.Fault() is not { } fault) return model;
        model.Dispose();
        throw new CameraFaultException($"The model in '{folder}' is inconsistent: {fault}");
    }

    /// <summary>Buffers to make one camera's tokens with.</summary>
    public TokenExtractor CreateExtractor() => new(_description, _backbone.CreateRun(), _projection, Dimension);

    /// <inheritdoc/>
    public void Dispose() => _backbone.Dispose();

    private string? Fault()
    {
        if (_projection is not null && _projection.Features != _backbone.Features)
        {
            return $"the backbone gives {_backbone.Features} features, the projection takes {_projection.Features}: "
                + $"make {_description.Pca} anew for this backbone";
        }
        return Dimension > TokenPacket.MaxDimension
            ? $"its tokens have {Dimension} values, allowed is up to {TokenPacket.MaxDimension}: give it a projection (pca)"
            : null;
    }
}
