using System.Diagnostics.CodeAnalysis;

namespace Orleans.Runtime;

/// <summary>Something that an activation runs: a call of a grain method, a timer's tick, a stream's item.</summary>
internal abstract class Request
{
    private volatile Activation? _activation;

    /// <summary>May run beside any other request.</summary>
    public abstract bool Interleaves { get; }

    /// <summary>May run beside other read-only requests.</summary>
    public virtual bool IsReadOnly => false;

    /// <summary>Counts as use of the activation.</summary>
    public virtual bool KeepsAlive => true;

    /// <summary>Means nothing to any activation but the one it was sent to.</summary>
    public virtual bool DiesWithActivation => false;

    /// <summary>How many activations went without having been active while it waited there.</summary>
    public int Forwards { get; set; }

    /// <summary>The activation that it was given to last.</summary>
    protected Activation Activation => _activation!;

    /// <summary>Set by the catalog before an activation takes the request.</summary>
    public void Bind(Activation activation) => _activation = activation;

    /// <summary>The request's first turn.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever the grain throws is given to the caller.")]
    public void Run()
    {
        Task task;
        try
        {
            task = InvokeAsync(Activation.Grain) ?? throw new InvalidOperationException($"{Activation.GrainId} returned null, not a task.");
        }
        catch (Exception exception)
        {
            task = Task.FromException(exception);
        }

        if (task.IsCompleted)
        {
            End(task);
            return;
        }

        // On the activation's scheduler: this runs on its turn.
        task.ContinueWith(
            static (ended, state) => ((Request)state!).End(ended), this, CancellationToken.None,
            TaskContinuationOptions.None, TaskScheduler.Current);
    }

    /// <summary>Fails the request without running it.</summary>
    public abstract void Fail(Exception exception);

    /// <summary>Starts the request's work on the grain.</summary>
    protected abstract Task InvokeAsync(IGrainBase grain);

    /// <summary>Passes the outcome on.</summary>
    protected abstract void Complete(Task task);

    private void End(Task task)
    {
        // State that someone else wrote is stale here: the next call is to read it afresh.
        if (task.Exception?.InnerException is Storage.InconsistentStateException { IsSourceActivation: true } conflict)
        {
            conflict.IsSourceActivation = false;
            Activation.Deactivate(new(DeactivationReasonCode.ApplicationError, conflict.Message));
        }

        // Freed before the caller hears of it, so that a caller's next call finds the grain free.
        Activation.OnEnded(this);
        Complete(task);
    }
}
