using System.Text;
using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Silo.Cameras.Sources;
using Jtfa.Silo.Cameras.Vision;

namespace Jtfa.Silo.Cameras;

/// <summary>
/// What a camera needs besides its source: model, view transform, identity, socket. It outlives a source that is away and comes back. Used
/// by one caller at a time.
/// </summary>
internal sealed class CameraEquipment(
    CameraConfig config, VisionModelLease? model, CameraIdentity? identity, TokenSender sender, TimeProvider time, Action<int> copySent)
    : IAsyncDisposable
{
    // How often a token says which model made it.
    private static readonly TimeSpan s_modelInterval = TimeSpan.FromSeconds(1);

    // A frame's time may differ from its tick's by this part of a period until the token says its tick.
    private const int PartsOfPeriod = 16;

    private readonly TokenExtractor? _extractor = model?.Model.CreateExtractor();
    private readonly ViewTransformer? _transformer =
        config.Source.Transform is { } transform ? new ViewTransformer(transform, config.View) : null;

    private readonly byte[] _scene = Encoding.UTF8.GetBytes(config.Scene);
    private readonly byte[] _model = Encoding.UTF8.GetBytes(model?.Model.Fingerprint ?? "");
    private long? _modelSaidAt;
    private readonly byte[] _datagram = new byte[TokenPacket.MaxDatagramBytes];

    private readonly TokenHistory? _history =
        config.Redundancy is { Kind: RedundancyKind.Red, Tokens: var tokens } ? new TokenHistory(tokens) : null;

    private readonly TokenPace? _pace = config.Pacing is { Kind: PacingKind.Moved, Delta: var delta, MaxAge: var maxAge }
        ? new TokenPace(config.RateHz, delta, maxAge / 1000)
        : null;

    private readonly DelayedCopies? _copies = config.Redundancy is { Kind: RedundancyKind.Duplicate, Delay: var delay }
        ? new DelayedCopies(TimeSpan.FromMilliseconds(delay), sender, copySent, time)
        : null;

    private readonly byte[] _copy = new byte[TokenPacket.MaxDatagramBytes];
    private int _copyLength;

    /// <summary>Frames that the model takes without scaling.</summary>
    public FrameShape Shape => model?.Model.Shape ?? default;

    /// <summary>Sends what was written.</summary>
    public TokenSender Sender => sender;

    /// <summary>Whether a token is to be sent now: any, where it is not to wait until it has moved.</summary>
    public bool IsDue(ReadOnlySpan<float> token)
    {
        if (_pace is null) return true;
        _pace.Follow(sender.Delivered.Known, sender.Delivered.Arrived, sender.Delivered.Late, Now);
        return _pace.IsDue(token, Now);
    }

    /// <summary>A token was sent.</summary>
    public void NoteSent(ReadOnlySpan<float> token) => _pace?.NoteSent(token, Now);

    private double Now => time.GetTimestamp() / (double)time.TimestampFrequency;

    /// <summary>Has what was written last sent once more, where the camera is asked to.</summary>
    public void SendCopyLater() => _copies?.Add(_copy.AsSpan(0, _copyLength));

    /// <summary>What the camera saw of the last sample; null where that had no frame. It holds until the next call.</summary>
    public Frame? Seen { get; private set; }

    /// <summary>The token of a sample; it holds until the next call.</summary>
    /// <returns>False where the model gives numbers that are not finite.</returns>
    /// <exception cref="CameraFaultException">The model cannot be run.</exception>
    public bool TryMakeToken(in Sample sample, long tick, out ReadOnlyMemory<float> token)
    {
        token = sample.Token;
        Seen = sample.Frame is { } frame ? _transformer?.Apply(frame, tick) ?? frame : null;
        return Seen is null || _extractor is null || _extractor.TryExtract(Seen, out token);
    }

    /// <summary>The fault of a model that makes no finite token of any frame.</summary>
    /// <param name="mayPass">Whether other frames may come, as where a lens is covered now.</param>
    public CameraFaultException NotFinite(bool mayPass) => _extractor!.NotFinite(mayPass);

    /// <summary>The datagram of a token; it holds until the next call.</summary>
    /// <param name="sample">What the token was made of.</param>
    /// <param name="token">The token.</param>
    /// <param name="tick">The tick that it was captured for.</param>
    /// <param name="moment">The tick whose windows it belongs to, and when that was due.</param>
    /// <param name="sequence">Its sequence number.</param>
    /// <exception cref="CameraFaultException">The quantiser does not go with the token's length.</exception>
    public ReadOnlyMemory<byte> Write(
        in Sample sample, ReadOnlySpan<float> token, long tick, (long Tick, DateTimeOffset Due) moment, long sequence)
    {
        // Version 1's seed depends on the tick, not on the sequence, which restarts with the camera: so no seed is used twice. Version 2's
        // sequence begins at a tick for that.
        var isArray = config.WireVersion == 2;
        if (config.Quantiser == TokenQuantiser.Q3H && token.Length % 2 != 0)
            throw new CameraFaultException($"Quantiser=Q3H takes an even number of numbers, tokens have {token.Length}: take Int4 or Int8");
        var seed = isArray ? ArrayPacketCodec.SeedOf(config.View, sequence) : (uint)SampleOrder.Seed(config.View, tick);
        Span<sbyte> values = stackalloc sbyte[token.Length];
        var scale = TokenCodec.Encode(token, config.Encoding, seed, values, config.Quantiser);
        var sayModel = IsModelDue();
        double? toldTick = IsOfItsTick(sample.TakenAt.Utc, moment.Due) ? null : new CaptureTime(moment.Due, 0).UnixSeconds;
        var packet = Packet(sample, values, isCopy: false, earlier: default);
        var length = DatagramCodec.Write(packet, _datagram);
        if (_history is not null)
        {
            var earlier = _history.Before(packet, length);
            if (!earlier.IsEmpty) length = DatagramCodec.Write(Packet(sample, values, isCopy: false, earlier), _datagram);
            _history.Add(packet);
        }

        identity?.Sign(_datagram.AsSpan(0, length));
        if (_copies is null) return _datagram.AsMemory(0, length);
        _copyLength = DatagramCodec.Write(Packet(sample, values, isCopy: true, earlier: default), _copy);
        identity?.Sign(_copy.AsSpan(0, _copyLength));
        return _datagram.AsMemory(0, length);

        TokenPacket Packet(in Sample of, ReadOnlySpan<sbyte> q, bool isCopy, ReadOnlySpan<byte> earlier) => new()
        {
            Version = config.WireVersion,
            Quantiser = config.Quantiser,
            SceneIndex = config.SceneIndex,
            Timestamp = of.TakenAt.UnixSeconds,
            View = config.View,
            Encoding = config.Encoding,
            Seed = seed,
            Scale = scale,
            Values = q,
            Label = of.Label,
            Scene = config.SceneIndex == 0 ? _scene : default,
            DecisionId = isArray && !config.SendsDecisionId ? null : moment.Tick,
            Sequence = sequence,
            Model = sayModel ? _model : default,
            Tick = toldTick,
            Hold = (float?)_pace?.MaxAge,
            IsCopy = isCopy,
            Earlier = earlier,
            Epoch = identity?.Epoch,
        };
    }

    private bool IsModelDue()
    {
        if (_modelSaidAt is { } saidAt && time.GetElapsedTime(saidAt) < s_modelInterval) return false;
        _modelSaidAt = time.GetTimestamp();
        return true;
    }

    // Where the frame was taken about when its tick was due, its time finds the same window, and the key's 14 bytes are saved.
    private bool IsOfItsTick(DateTimeOffset takenAt, DateTimeOffset due) =>
        (takenAt - due).Duration() * PartsOfPeriod <= TimeSpan.FromSeconds(1 / config.RateHz);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_copies is not null) await _copies.DisposeAsync();
        _extractor?.Dispose();
        model?.Dispose();
        sender.Dispose();
        identity?.Dispose();
    }
}
