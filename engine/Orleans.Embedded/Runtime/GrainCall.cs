namespace Orleans.Runtime;

/// <summary>One call of a grain method.</summary>
internal sealed class GrainCall<TResult>(GrainMethod method, object?[]? arguments) : Request
{
    // Continuations of the caller never run on the grain's turn.
    private readonly TaskCompletionSource<TResult> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<TResult> Outcome => _outcome.Task;

    public override bool Interleaves => method.Interleaves;

    public override bool IsReadOnly => method.IsReadOnly;

    public override void Fail(Exception exception) => _outcome.TrySetException(exception);

    protected override Task InvokeAsync(IGrainBase grain) => method.Start(grain, arguments);

    protected override void Complete(Task task)
    {
        if (task.IsCompletedSuccessfully) _outcome.TrySetResult(task is Task<TResult> result ? result.Result : default!);
        else if (task.IsCanceled) _outcome.TrySetCanceled();
        else _outcome.TrySetException(task.Exception!.InnerExceptions);
    }
}
