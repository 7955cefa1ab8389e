namespace Orleans.Embedded.Tests;

/// <summary>What tests of the engine say: actors, acts and signals.</summary>
public abstract class EngineTests(EngineFixture engine)
{
    /// <summary>The shared silo.</summary>
    protected EngineFixture Engine => engine;

    /// <summary>A key that no other test uses.</summary>
    protected static string NewKey() => Guid.NewGuid().ToString("N");

    /// <summary>Something that happens once.</summary>
    protected static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>An actor that nobody called yet.</summary>
    protected IActor NewActor(string? key = null) => engine.Client.GetGrain<IPlainActor>(key ?? NewKey());

    /// <summary>An actor whose acts interleave.</summary>
    protected IActor NewReentrantActor(string? key = null) => engine.Client.GetGrain<IReentrantActor>(key ?? NewKey());

    /// <summary>An actor that was activated.</summary>
    protected async Task<IActor> AwakeActorAsync()
    {
        var actor = NewActor();
        await actor.PlayAsync(Act(_ => { })).Soon();
        return actor;
    }

    /// <summary>Names an act.</summary>
    protected string Act(Func<Actor, Task> act) => engine.Acts.Add(async (actor, _) =>
    {
        await act(actor);
        return "";
    });

    /// <inheritdoc cref="Act(Func{Actor, Task})"/>
    protected string Act(Action<Actor> act) => engine.Acts.Add((actor, _) =>
    {
        act(actor);
        return Task.FromResult("");
    });

    /// <summary>Names an act that answers.</summary>
    protected string Asks(Func<Actor, Task<string>> act) => engine.Acts.Add((actor, _) => act(actor));

    /// <inheritdoc cref="Asks(Func{Actor, Task{string}})"/>
    protected string Asks(Func<Actor, string> act) => engine.Acts.Add((actor, _) => Task.FromResult(act(actor)));

    /// <summary>Names an act that may be cancelled.</summary>
    protected string Cancellable(Func<Actor, CancellationToken, Task> act) => engine.Acts.Add(async (actor, token) =>
    {
        await act(actor, token);
        return "";
    });

    /// <summary>Answers which activation it is.</summary>
    protected string WhichActivation() => Asks(actor => actor.Activation.ToString());
}

/// <summary>Waiting that ends: a test that hangs fails instead.</summary>
internal static class Waiting
{
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(20);

    public static Task Soon(this Task task) => task.WaitAsync(s_long, TestContext.Current.CancellationToken);

    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(s_long, TestContext.Current.CancellationToken);

    public static Task Soon(this TaskCompletionSource signal) => signal.Task.Soon();
}
