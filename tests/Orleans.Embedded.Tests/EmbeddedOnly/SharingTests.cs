#if !ORLEANS
using System.Collections.Immutable;

namespace Orleans.Embedded.Tests;

/// <summary>Nothing is copied between grains, so what sharing could harm is refused; and other things that cannot be called.</summary>
public sealed class SharingTests(EngineFixture engine) : EngineTests(engine)
{
    [Theory]
    [InlineData(typeof(IGiver<Changeable>))]
    [InlineData(typeof(IGiver<List<int>>))]
    [InlineData(typeof(IGiver<Changeable[]>))]
    [InlineData(typeof(IGiver<ImmutableArray<Changeable>>))]
    [InlineData(typeof(IGiver<(int, Changeable)>))]
    [InlineData(typeof(IGiver<object>))]
    [InlineData(typeof(ITaker<Changeable>))]
    [InlineData(typeof(ITaker<object>))]
    public void Types_that_can_change_are_refused(Type grainInterface)
    {
        var refusal = Assert.Throws<NotSupportedException>(() => GetGrain(grainInterface));
        Assert.Contains("which is not marked [Immutable]", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(grainInterface.Name, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(typeof(IGiver<Unchanging>))]
    [InlineData(typeof(IGiver<Unchanging[]>))]
    [InlineData(typeof(IGiver<ImmutableArray<double?>>))]
    [InlineData(typeof(IGiver<(Guid, TimeSpan, DayOfWeek)>))]
    [InlineData(typeof(IGiver<IPlainActor>))]
    [InlineData(typeof(ITaker<Unchanging>))]
    public void Types_that_cannot_change_are_let_through(Type grainInterface) => Assert.NotNull(GetGrain(grainInterface));

    [Fact]
    public void A_parameter_marked_immutable_is_let_through() => Assert.NotNull(Engine.Client.GetGrain<IPromising>("key"));

    [Fact]
    public void A_method_that_returns_no_task_is_refused()
    {
        var refusal = Assert.Throws<NotSupportedException>(() => Engine.Client.GetGrain<IHasty>("key"));
        Assert.Contains("IHasty.AnswerNow", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stream_of_what_can_change_is_refused() => Assert.Throws<NotSupportedException>(
        () => Engine.Client.GetStreamProvider(EngineFixture.Streams).GetStream<Changeable>(StreamId.Create("tests", "key")));

    [Fact]
    public void An_interface_without_a_class_or_with_two_is_refused()
    {
        Assert.Contains("No grain class", Assert.Throws<ArgumentException>(() => Engine.Client.GetGrain<INobody>("key")).Message, StringComparison.Ordinal);
        Assert.Contains("ambiguous", Assert.Throws<ArgumentException>(() => Engine.Client.GetGrain<IActor>("key")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_grain_that_returns_null_for_a_task_fails_its_caller_and_goes_on()
    {
        var actor = NewActor();
        var nothing = Engine.Acts.Add((_, _) => null!);
        await Assert.ThrowsAsync<InvalidOperationException>(() => actor.PlayAsync(nothing).Soon());
        await actor.PlayAsync(WhichActivation()).Soon();
    }

    private object? GetGrain(Type grainInterface)
    {
        try
        {
            return typeof(IGrainFactory).GetMethod(nameof(IGrainFactory.GetGrain))!.MakeGenericMethod(grainInterface).Invoke(Engine.Client, ["key", null]);
        }
        catch (System.Reflection.TargetInvocationException exception)
        {
            throw exception.InnerException!;
        }
    }
}

/// <summary>Something that can change.</summary>
public sealed class Changeable
{
    /// <summary>What changes.</summary>
    public int Number { get; set; }
}

/// <summary>Something that cannot.</summary>
[Immutable]
public sealed record Unchanging(int Number);

/// <summary>A grain that gives something.</summary>
public interface IGiver<T> : IGrainWithStringKey
{
    /// <summary>Gives it.</summary>
    Task<T> GiveAsync();
}

/// <summary>A grain that takes something.</summary>
public interface ITaker<in T> : IGrainWithStringKey
{
    /// <summary>Takes it.</summary>
    Task TakeAsync(T given);
}

/// <summary>A grain that promises to leave alone what it takes.</summary>
public interface IPromising : IGrainWithStringKey
{
    /// <summary>Takes it.</summary>
    ValueTask TakeAsync([Immutable] byte[] given, [Immutable] List<int> more);
}

/// <summary>A grain that would answer without a task.</summary>
public interface IHasty : IGrainWithStringKey
{
    /// <summary>Cannot be called.</summary>
    int AnswerNow();
}

/// <summary>A grain without a class.</summary>
public interface INobody : IGrainWithStringKey;

/// <summary>Has all that the tests ask for; none of it is ever called.</summary>
public sealed class SharingGrain :
    Grain, IPromising, IHasty, ITaker<Changeable>, ITaker<object>, ITaker<Unchanging>,
    IGiver<Changeable>, IGiver<List<int>>, IGiver<Changeable[]>, IGiver<ImmutableArray<Changeable>>, IGiver<(int, Changeable)>, IGiver<object>,
    IGiver<Unchanging>, IGiver<Unchanging[]>, IGiver<ImmutableArray<double?>>, IGiver<(Guid, TimeSpan, DayOfWeek)>, IGiver<IPlainActor>
{
    /// <inheritdoc />
    public int AnswerNow() => throw new NotSupportedException();

    /// <inheritdoc />
    public ValueTask TakeAsync(byte[] given, List<int> more) => throw new NotSupportedException();

    /// <inheritdoc />
    public Task TakeAsync(Changeable given) => throw new NotSupportedException();

    /// <inheritdoc />
    public Task TakeAsync(object given) => throw new NotSupportedException();

    /// <inheritdoc />
    public Task TakeAsync(Unchanging given) => throw new NotSupportedException();

    Task<Changeable> IGiver<Changeable>.GiveAsync() => throw new NotSupportedException();

    Task<List<int>> IGiver<List<int>>.GiveAsync() => throw new NotSupportedException();

    Task<Changeable[]> IGiver<Changeable[]>.GiveAsync() => throw new NotSupportedException();

    Task<ImmutableArray<Changeable>> IGiver<ImmutableArray<Changeable>>.GiveAsync() => throw new NotSupportedException();

    Task<(int, Changeable)> IGiver<(int, Changeable)>.GiveAsync() => throw new NotSupportedException();

    Task<object> IGiver<object>.GiveAsync() => throw new NotSupportedException();

    Task<Unchanging> IGiver<Unchanging>.GiveAsync() => throw new NotSupportedException();

    Task<Unchanging[]> IGiver<Unchanging[]>.GiveAsync() => throw new NotSupportedException();

    Task<ImmutableArray<double?>> IGiver<ImmutableArray<double?>>.GiveAsync() => throw new NotSupportedException();

    Task<(Guid, TimeSpan, DayOfWeek)> IGiver<(Guid, TimeSpan, DayOfWeek)>.GiveAsync() => throw new NotSupportedException();

    Task<IPlainActor> IGiver<IPlainActor>.GiveAsync() => throw new NotSupportedException();
}
#endif
