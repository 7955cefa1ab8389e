using System.Diagnostics.CodeAnalysis;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;

namespace Jtfa.Grains;

/// <summary>
/// One camera's capture, by what its silo has configured for it. Capture runs off the grain's turns, and goes on after faults by itself;
/// the grain starts it when it is activated, unless the camera was stopped.
/// </summary>
public sealed partial class CameraViewGrain(
    [PersistentState("camera", JtfaNames.Storage)] IPersistentState<CameraState> state,
    CameraCatalog cameras,
    ICameraPipelines pipelines,
    ILogger<CameraViewGrain> logger) : Grain, ICameraViewGrain
{
    // A scene that moves to another silo forgets its cameras' names; it is told them again within this time.
    private static readonly TimeSpan s_announce = TimeSpan.FromSeconds(5);

    private CameraConfig? _config;
    private ICameraPipeline? _pipeline;
    private IGrainTimer? _announce;

    /// <inheritdoc />
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _config = cameras.Find(this.GetPrimaryKeyString());
        if (_config is not { } config) return Task.CompletedTask;
        if (state.State.Stopped) TellOfSwitch();
        else Begin(config);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var name = this.GetPrimaryKeyString();
        _config = cameras.Find(name);
        if (_config is null) throw new ArgumentException($"Camera '{name}' is not configured on its silo: add it to Jtfa:Cameras there");
        if (state.State.Stopped) await RememberAsync(new CameraState());
        if (_pipeline is { Completion.IsCompleted: false, Status.Fault: null }) return; // one at fault is tried at once
        await EndAsync();
        Begin(_config);
    }

    /// <inheritdoc />
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _announce?.Dispose();
        _announce = null;
        await EndAsync();
        if (_config is null || state.State.Stopped) return;
        await RememberAsync(new CameraState { Stopped = true });
        TellOfSwitch();
    }

    /// <inheritdoc />
    public Task<CameraStatus> GetStatusAsync(CancellationToken cancellationToken) =>
        Task.FromResult((_pipeline?.Status ?? new CameraStatus()) with { Config = _config?.WithoutSecrets() });

    /// <inheritdoc />
    public Task<byte[]?> GetPictureAsync(CancellationToken cancellationToken) =>
        _pipeline?.GetPictureAsync(cancellationToken) ?? Task.FromResult<byte[]?>(null);

    /// <inheritdoc />
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => EndAsync();

    private void Begin(CameraConfig config)
    {
        _pipeline = pipelines.Start(config);

        // Its turns interleave, so that a scene that does not answer does not delay a call that stops or starts the camera. A camera that
        // was not stopped must not be collected.
        _announce ??= this.RegisterGrainTimer(
            AnnounceAsync, new GrainTimerCreationOptions(TimeSpan.Zero, s_announce) { Interleave = true, KeepAlive = true });
    }

    // Once, since a camera that is off may be collected. Nobody waits for the scene's answer, and the call never fails.
    private void TellOfSwitch() => _ = AnnounceAsync(CancellationToken.None);

    [SuppressMessage("Design", "CA1031", Justification = "A scene that does not take the camera's name is told again.")]
    private async Task AnnounceAsync(CancellationToken cancellationToken)
    {
        if (_config is not { Scene.Length: > 0 } config) return;
        try
        {
            var fault = _pipeline?.Status.Fault;
            if (fault is { Length: > SceneGrain.LongestFault }) fault = $"{fault[..(SceneGrain.LongestFault - 1)]}…";
            await GrainFactory.GetGrain<ISceneGrain>(config.Scene).AnnounceAsync(
                config.View, config.Camera, fault, state.State.Stopped, config.Pictures);
        }
        catch (Exception exception)
        {
            LogUnannounced(this.GetPrimaryKeyString(), exception.Message);
        }
    }

    // Where the write fails, the state in memory stays as before too, so that the caller can try again.
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

    [LoggerMessage(Level = LogLevel.Debug, Message = "Camera {Camera} could not tell its scene its name: {Reason}")]
    private partial void LogUnannounced(string camera, string reason);
}

/// <summary>What a camera remembers beyond its activations.</summary>
[GenerateSerializer, Alias("Jtfa.CameraState")]
public sealed class CameraState
{
    /// <summary>Whether somebody stopped it, and nobody has started it since. Ids 0 and 1 were an earlier version's.</summary>
    [Id(2)] public bool Stopped { get; set; }
}
