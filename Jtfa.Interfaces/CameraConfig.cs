using Jtfa.Core;

namespace Jtfa.Interfaces;

/// <summary>Everything that one camera view needs to capture, encode and send, as the silo that runs it has it configured.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.CameraConfig")]
public sealed record CameraConfig
{
    /// <summary>The scene that the camera watches; sent with each packet when not empty.</summary>
    [Id(0)] public string Scene { get; init; } = "default";

    /// <summary>The camera's name within its scene.</summary>
    [Id(1)] public string Camera { get; init; } = "camera";

    /// <summary>View number (<c>producer_id</c> on the wire), 0 or more, distinct within a scene.</summary>
    [Id(2)] public int View { get; init; }

    /// <summary>Where frames come from.</summary>
    [Id(3)] public FrameSourceConfig Source { get; init; } = new();

    /// <summary>How tokens are encoded.</summary>
    [Id(4)] public TokenEncoding Encoding { get; init; } = TokenEncoding.HMix;

    /// <summary>Captures a second; they fall on wall-clock multiples of 1/RateHz.</summary>
    [Id(5)] public double RateHz { get; init; } = 10;

    /// <summary>
    /// The gateways, as host:port, separated by commas, best first. Empty: those of the cluster that the camera's silo is a member
    /// of; without a cluster 127.0.0.1:5005.
    /// </summary>
    [Id(6)] public string Destination { get; init; } = "";

    /// <summary>Folder of model.json; empty takes the shipped model.</summary>
    [Id(7)] public string Model { get; init; } = "";

    /// <summary>Random: token dimension d, 1 … 1024. Other sources ignore it.</summary>
    [Id(8)] public int Dimension { get; init; } = 16;

    /// <summary>Whether whoever may ask its scene's silos gets small pictures of what it sees.</summary>
    [Id(9)] public bool Pictures { get; init; }

    /// <summary>What it sends besides each token, so that a lost packet need not cost a token.</summary>
    [Id(10)] public TokenRedundancy Redundancy { get; init; } = new();

    /// <summary>Which of its tokens are sent.</summary>
    [Id(11)] public TokenPacing Pacing { get; init; } = new();

    /// <summary>The version of the wire that it sends: 1 or 2.</summary>
    [Id(20)] public int WireVersion { get; init; } = 1;

    /// <summary>Version 2: to how many levels tokens are rounded.</summary>
    [Id(21)] public TokenQuantiser Quantiser { get; init; }

    /// <summary>
    /// Version 2: the number that the scene is configured with at the gateway, sent in place of its name; 0 sends the name.
    /// </summary>
    [Id(22)] public int SceneIndex { get; init; }

    /// <summary>Version 2: whether tokens say their decision id, which scenes keyed by sequence need. Version 1 always does.</summary>
    [Id(23)] public bool SendsDecisionId { get; init; }

    /// <summary>The key of its grain: <c>scene/camera</c>.</summary>
    public string ViewName => $"{Scene}/{Camera}";

    /// <summary>The gateways that <see cref="Destination"/> names, in its order.</summary>
    public IReadOnlyList<string> Gateways => Destination.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The same, to be shown: without passwords in its source's address and options.</summary>
    public CameraConfig WithoutSecrets() => this with
    {
        Source = Source with { Path = Secrets.Mask(Source.Path), InputOptions = Secrets.MaskOptions(Source.InputOptions) },
    };

    /// <summary>What is wrong with this configuration, one line a fault; empty when it is valid.</summary>
    public IEnumerable<string> Faults()
    {
        if (string.IsNullOrWhiteSpace(Camera) || Camera.Contains('/')) yield return $"Camera='{Camera}': allowed is a name without '/'";
        if (Scene.Contains('/')) yield return $"Scene='{Scene}': allowed is a name without '/'";
        if (View < 0) yield return $"View={View}: allowed is 0 or more";
        if (!double.IsFinite(RateHz) || RateHz is <= 0 or > 1000) yield return $"RateHz={RateHz}: allowed is above 0 … 1000";
        if (!Enum.IsDefined(Encoding)) yield return $"Encoding={Encoding}: allowed is {string.Join(", ", Enum.GetNames<TokenEncoding>())}";
        if (Dimension is < 1 or > 1024) yield return $"Dimension={Dimension}: allowed is 1 … 1024";
        foreach (var fault in WireFaults()) yield return fault;
        if (Gateways.Any(gateway => !IsGateway(gateway)))
            yield return $"Destination='{Destination}': allowed is host:port, several separated by commas";
        foreach (var fault in Source.Faults()) yield return fault;
        foreach (var fault in Redundancy.Faults().Concat(Pacing.Faults())) yield return fault;
    }

    private IEnumerable<string> WireFaults()
    {
        if (WireVersion is not (1 or 2)) yield return $"WireVersion={WireVersion}: allowed is 1 or 2";
        if (!Enum.IsDefined(Quantiser))
            yield return $"Quantiser={Quantiser}: allowed is {string.Join(", ", Enum.GetNames<TokenQuantiser>())}";
        if (SceneIndex is < 0 or > ArrayPacketCodec.MaxSceneIndex)
            yield return $"SceneIndex={SceneIndex}: allowed is 0 … {ArrayPacketCodec.MaxSceneIndex}";
        if (WireVersion != 1 && Redundancy.Kind != RedundancyKind.None)
            yield return $"Redundancy.Kind={Redundancy.Kind}: WireVersion 2 has none, allowed is WireVersion=1";
        if (WireVersion != 1 && Pacing.Kind != PacingKind.Every)
            yield return $"Pacing.Kind={Pacing.Kind}: WireVersion 2 has none, allowed is WireVersion=1";
        if (WireVersion != 1) yield break;
        if (Quantiser != TokenQuantiser.Int8) yield return $"Quantiser={Quantiser}: WireVersion 1 has Int8 alone, allowed is WireVersion=2";
        if (SceneIndex != 0) yield return $"SceneIndex={SceneIndex}: WireVersion 1 names the scene, allowed is WireVersion=2";
    }

    private static bool IsGateway(string gateway) =>
        gateway.LastIndexOf(':') is >= 1 and var colon && ushort.TryParse(gateway.AsSpan(colon + 1), out var port) && port != 0;
}

/// <summary>What kind of frame source a camera reads.</summary>
public enum FrameSourceKind
{
    /// <summary>An image file in MNIST's IDX format (.gz or plain), seen through the camera's view transform.</summary>
    Idx,

    /// <summary>A folder of images, decoded by ffmpeg; a sub-folder with a number for a name is its images' label.</summary>
    Images,

    /// <summary>Anything ffmpeg reads: a V4L2 camera, an RTSP stream, a file.</summary>
    Ffmpeg,

    /// <summary>Ready vectors: tokens.npy and labels.txt, as the published producer replays them.</summary>
    Replay,

    /// <summary>Seeded Gaussian vectors, for tests of the path alone.</summary>
    Random,
}

/// <summary>Where a camera's frames come from.</summary>
[GenerateSerializer, Immutable, Alias("Jtfa.FrameSourceConfig")]
public sealed record FrameSourceConfig
{
    /// <summary>The kind of source.</summary>
    [Id(0)] public FrameSourceKind Kind { get; init; } = FrameSourceKind.Idx;

    /// <summary>Idx: the images file. Images: the folder. Ffmpeg: the input (device, URL, file). Replay: the .npy file.</summary>
    [Id(1)] public string Path { get; init; } = "";

    /// <summary>Idx: the labels file. Replay: labels.txt. Empty: labels unknown.</summary>
    [Id(2)] public string Labels { get; init; } = "";

    /// <summary>Ffmpeg: options before -i, such as "-f v4l2 -framerate 30".</summary>
    [Id(3)] public string InputOptions { get; init; } = "";

    /// <summary>How this camera sees the frame; null sees it as it is.</summary>
    [Id(4)] public ViewTransform? Transform { get; init; }

    /// <summary>Random: the generator's seed.</summary>
    [Id(5)] public int Seed { get; init; }

    /// <summary>Ffmpeg: how long the input may give no frame before the camera is at fault, its start included, milliseconds.</summary>
    [Id(6)] public double StallTimeout { get; init; } = 10_000;

    /// <summary>What is wrong with this configuration, one line a fault; empty when it is valid.</summary>
    public IEnumerable<string> Faults()
    {
        if (!Enum.IsDefined(Kind)) yield return $"Source.Kind={Kind}: allowed is {string.Join(", ", Enum.GetNames<FrameSourceKind>())}";
        if (Kind != FrameSourceKind.Random && Path.Length == 0) yield return $"Source.Path is empty: {Kind} needs one";
        if (StallTimeout is not (>= 100 and <= 86_400_000))
            yield return $"Source.StallTimeout={StallTimeout}: allowed is 100 … 86400000 (ms)";
    }
}

/// <summary>A rectangle in fractions of the image, x and y from the top left corner.</summary>
/// <param name="X">Its left edge, as a fraction of the image's width.</param>
/// <param name="Y">Its upper edge, as a fraction of the image's height.</param>
/// <param name="Width">Its width, as a fraction of the image's.</param>
/// <param name="Height">Its height, as a fraction of the image's.</param>
[GenerateSerializer, Immutable, Alias("Jtfa.FractionRectangle")]
public sealed record FractionRectangle(
    [property: Id(0)] double X,
    [property: Id(1)] double Y,
    [property: Id(2)] double Width,
    [property: Id(3)] double Height);

/// <summary>
/// What makes one camera's view of a frame its own: crop, rotation, exposure, occlusion and noise, applied in this order
/// (docs/model.md gives the formulas, which the model's training shares).
/// </summary>
[GenerateSerializer, Immutable, Alias("Jtfa.ViewTransform")]
public sealed record ViewTransform
{
    /// <summary>The part of the frame that the camera sees; null is all of it.</summary>
    [Id(0)] public FractionRectangle? Crop { get; init; }

    /// <summary>Degrees.</summary>
    [Id(1)] public double Rotation { get; init; }

    /// <summary>What stands before the camera (set to 0), in fractions of its own view; null is nothing.</summary>
    [Id(2)] public FractionRectangle? Occlusion { get; init; }

    /// <summary>Gain on pixel values.</summary>
    [Id(3)] public double Exposure { get; init; } = 1;

    /// <summary>Standard deviation of Gaussian noise, as a fraction of 255.</summary>
    [Id(4)] public double Noise { get; init; }

    /// <summary>Seed of the noise.</summary>
    [Id(5)] public int Seed { get; init; }
}
