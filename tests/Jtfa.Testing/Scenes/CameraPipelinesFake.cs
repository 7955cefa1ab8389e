using System.Threading.Channels;
using Jtfa.Grains;
using Jtfa.Interfaces;

namespace Jtfa.Testing.Scenes;

/// <summary>Captures without cameras: a test says how each fares.</summary>
internal sealed class CameraPipelinesFake : ICameraPipelines
{
    private readonly Channel<PipelineFake> _started = Channel.CreateUnbounded<PipelineFake>();

    /// <summary>The cameras that the silo has configured.</summary>
    public CameraCatalog Catalog { get; } = new([]);

    /// <summary>Pipelines, as they are started.</summary>
    public ChannelReader<PipelineFake> Started => _started.Reader;

    public ICameraPipeline Start(CameraConfig config)
    {
        var pipeline = new PipelineFake(config);
        _started.Writer.TryWrite(pipeline);
        return pipeline;
    }
}

/// <summary>One capture without a camera.</summary>
internal sealed class PipelineFake(CameraConfig config) : ICameraPipeline
{
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public CameraConfig Config => config;

    public bool IsDisposed { get; private set; }

    public CameraStatus Status { get; set; } = new() { Running = true };

    public Task Completion => _completion.Task;

    public void Exhaust()
    {
        Status = Status with { Running = false };
        _completion.SetResult();
    }

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        Status = Status with { Running = false };
        _completion.TrySetResult();
        return ValueTask.CompletedTask;
    }
}
