using System.Diagnostics.CodeAnalysis;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;

namespace Jtfa.Grains;

/// <summary>
/// Holds one camera's configuration, and the pipeline that captures by it. Capture runs off the grain's turns; the grain starts it
/// again when it is activated, and after a fault.
/// </summary>
public sealed partial class CameraViewGrain(
    [PersistentState("camera", JtfaNames.Storage)] IPersistentState<CameraState> state,
    ICameraPipelines pipelines,
    ILogger<CameraViewGrain> logger) : Grain, ICameraViewGrain
{
    private static readonly TimeSpan s_watch = TimeSpan.FromSeconds(1);

    // A scene that moves to another silo has forgotten its cameras' names; it knows them again after this.
    private static readonly TimeSpan s_announce = TimeSpan.FromSeconds(5);

    private ICameraPipeline? _pipeline;
    private IGrainTimer? _watch;
    private IGrainTimer? _announce;
    private string? _fault;

    /// <inheritdoc />
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (state.State is { Running: true, Config: { } config }) Begin(config);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public async Task StartAsync(CameraConfig config, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(config);
        var faults = config.Faults().ToList();
        if ($"{config.Scene}/{config.Camera}" != this.GetPrimaryKeyString())
            faults.Add($"Scene/Camera='{config.Scene}/{config.Camera}': allowed is '{this.GetPrimaryKeyString()}'");
        if (faults.Count > 0) throw new ArgumentException(string.Join("; ", faults), nameof(config));

        await RememberAsync(new CameraState { Config = config, Running = true });
        await EndAsync();
        Begin(config);
    }

    /// <inheritdoc />
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _watch?.Dispose();
        _announce?.Dispose();
        (_watch, _announce) = (null, null);
        await EndAsync();
        if (state.State.Running) await RememberAsync(new CameraState { Config = state.State.Config });
    }

    /// <inheritdoc />
    public Task<CameraStatus> GetStatusAsync(CancellationToken cancellationToken) => Task.FromResult(
        _pipeline is null
            ? new CameraStatus { Config = state.State.Config, Fault = _fault }
            : _pipeline.Status with { Config = state.State.Config, Fault = _fault ?? _pipeline.Status.Fault });

    /// <inheritdoc />
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => EndAsync();

    private void Begin(CameraConfig config)
    {
        _fault = null;
        _pipeline = pipelines.Start(config);

        // A camera that runs must not be collected, nor stay down after a fault.
        _watch ??= this.RegisterGrainTimer(WatchAsync, new GrainTimerCreationOptions(s_watch, s_watch) { KeepAlive = true });

        // Its turns interleave: a scene that cannot answer now keeps nobody who stops or starts the camera waiting.
        _announce ??= this.RegisterGrainTimer(
            AnnounceAsync, new GrainTimerCreationOptions(TimeSpan.Zero, s_announce) { Interleave = true });
    }

    [SuppressMessage("Design", "CA1031", Justification = "A scene that does not take the camera's name is told again.")]
    private async Task AnnounceAsync(CancellationToken cancellationToken)
    {
        if (state.State.Config is not { Scene.Length: > 0 } config) return;
        try
        {
            await GrainFactory.GetGrain<ISceneGrain>(config.Scene).AnnounceAsync(config.View, config.Camera);
        }
        catch (Exception exception)
        {
            LogUnannounced(this.GetPrimaryKeyString(), exception.Message);
        }
    }

    // What could not be remembered is not held in memory either, so that asking again tries again.
    private async Task RememberAsync(CameraState next)
    {
        var before = state.State;
        state.State = next;
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            state.State = before;
            throw;
        }
    }

    private async Task EndAsync()
    {
        if (_pipeline is null) return;
        var ending = _pipeline;
        _pipeline = null;
        await ending.DisposeAsync();
    }

    [SuppressMessage("Design", "CA1031", Justification = "Any fault of a capture is shown in the status and tried again.")]
    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        if (_pipeline is not { Completion.IsCompleted: true } ended) return;
        try
        {
            await ended.Completion;
            _fault = null;
        }
        catch (Exception exception)
        {
            if (_fault != exception.Message) LogFault(this.GetPrimaryKeyString(), exception.Message);
            await EndAsync();
            _pipeline = pipelines.Start(state.State.Config!);
            _fault = exception.Message;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Camera {Camera}: {Fault}; it is tried again every second")]
    private partial void LogFault(string camera, string fault);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Camera {Camera} could not tell its scene its name: {Reason}")]
    private partial void LogUnannounced(string camera, string reason);
}

/// <summary>What a camera remembers beyond its activations.</summary>
[GenerateSerializer, Alias("Jtfa.CameraState")]
public sealed class CameraState
{
    /// <summary>The configuration set last.</summary>
    [Id(0)] public CameraConfig? Config { get; set; }

    /// <summary>Whether it is to capture.</summary>
    [Id(1)] public bool Running { get; set; }
}
