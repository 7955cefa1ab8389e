using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Orleans.Runtime;

/// <summary>One call of a grain method.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A token source without a timer or a parent holds nothing to dispose of.")]
internal sealed partial class GrainCall<TResult> : Request
{
    // Continuations of the caller never run on the grain's turn.
    private readonly TaskCompletionSource<TResult> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly GrainMethod _method;
    private readonly object?[]? _arguments;
    private readonly CancellationTokenSource? _cancelled;
    private readonly CancellationToken _callersToken;

    public GrainCall(GrainMethod method, object?[]? arguments)
    {
        (_method, _arguments) = (method, arguments);
        if (method.TokenIndex < 0 || arguments![method.TokenIndex] is not CancellationToken { CanBeCanceled: true } token) return;

        // The grain gets a token of its own, which is cancelled on its turn.
        _callersToken = token;
        _cancelled = new CancellationTokenSource();
        arguments[method.TokenIndex] = _cancelled.Token;
    }

    public override bool Interleaves => _method.Interleaves;

    public override bool IsReadOnly => _method.IsReadOnly;

    /// <summary>Sends it; the task is the caller's.</summary>
    public Task<TResult> SendThrough(GrainReference reference)
    {
        if (_callersToken.IsCancellationRequested) return Task.FromCanceled<TResult>(_callersToken);
        reference.Send(this);
        if (_method.IsOneWay) return Task.FromResult<TResult>(default!);
        if (_cancelled is not null) CancelWithCaller();
        return _outcome.Task;
    }

    public override void Fail(Exception exception)
    {
        if (!_method.IsOneWay) _outcome.TrySetException(exception);
    }

    protected override Task InvokeAsync(IGrainBase grain) =>
        _cancelled is { IsCancellationRequested: true } ? Task.FromCanceled(_cancelled.Token) : _method.Start(grain, _arguments);

    protected override void Complete(Task task)
    {
        if (_method.IsOneWay)
        {
            if (task.Exception is { } unheard) LogOneWayFailed(Activation.Catalog.Logger, unheard.InnerException!, Activation.GrainId);
            return;
        }

        if (task.IsCompletedSuccessfully) _outcome.TrySetResult(task is Task<TResult> result ? result.Result : default!);
        else if (task.IsCanceled) _outcome.TrySetCanceled();
        else _outcome.TrySetException(task.Exception!.InnerExceptions);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A call of {GrainId} that nobody waits for failed")]
    private static partial void LogOneWayFailed(ILogger logger, Exception exception, GrainId grainId);

    private void CancelWithCaller()
    {
        var registration = _callersToken.UnsafeRegister(static call => ((GrainCall<TResult>)call!).OnCallerCancelled(), this);

        // Tokens that live as long as the process must not gather the calls that were made with them.
        _outcome.Task.ContinueWith(
            static (_, registration) => ((CancellationTokenRegistration)registration!).Unregister(), registration,
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private void OnCallerCancelled()
    {
        // The caller does not wait for the grain to agree; a call that waits is not run at all.
        _outcome.TrySetCanceled(_callersToken);
        CancelOnTurn();
    }

    private void CancelOnTurn()
    {
        var activation = Activation;
        activation.Post(() =>
        {
            if (Activation == activation) _cancelled!.Cancel();
            else CancelOnTurn();
        });
    }
}
