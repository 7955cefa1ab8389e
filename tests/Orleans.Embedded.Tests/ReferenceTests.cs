namespace Orleans.Embedded.Tests;

/// <summary>References to grains: their keys, and how they compare and travel.</summary>
public sealed class ReferenceTests(EngineFixture engine) : EngineTests(engine)
{
    [Theory]
    [InlineData("plain")]
    [InlineData("scene/camera")]
    [InlineData("Übersicht 東京 #1?")]
    public async Task A_key_reads_the_same_outside_and_inside(string key)
    {
        var actor = NewActor(key);
        Assert.Equal(key, actor.GetPrimaryKeyString());
        Assert.Equal(key, await actor.PlayAsync(Asks(actor => actor.GetPrimaryKeyString())).Soon());
    }

    [Fact]
    public void References_to_one_grain_are_equal()
    {
        var key = NewKey();
        IActor first = NewActor(key), second = NewActor(key), other = NewActor(), otherClass = NewReentrantActor(key);

        Assert.Equal(first, second);
        Assert.Equal(first.GetHashCode(), second.GetHashCode());
        Assert.Equal(first.GetGrainId(), second.GetGrainId());
        Assert.NotEqual(first, other);
        Assert.NotEqual(first, otherClass);
        Assert.NotEqual(first.GetGrainId(), otherClass.GetGrainId());
    }

    [Fact]
    public async Task Grains_of_one_key_and_two_classes_are_two()
    {
        var key = NewKey();
        var which = WhichActivation();
        Assert.NotEqual(await NewActor(key).PlayAsync(which).Soon(), await NewReentrantActor(key).PlayAsync(which).Soon());
    }

    [Fact]
    public async Task A_reference_is_passed_as_an_argument_and_called()
    {
        var (director, actor) = (NewActor(), NewActor());
        var which = WhichActivation();

        Assert.Equal(await actor.PlayAsync(which).Soon(), await director.DirectAsync(actor, which).Soon());
    }

    [Fact]
    public async Task A_reference_is_given_back_and_called()
    {
        var key = NewKey();
        var given = await NewActor().RefersToAsync(key).Soon();

        Assert.Equal(NewActor(key), given);
        Assert.Equal(key, await given.PlayAsync(Asks(actor => actor.GetPrimaryKeyString())).Soon());
    }

    [Fact]
    public async Task Clients_within_and_outside_the_silo_reach_the_same_grain()
    {
        var key = NewKey();
        var which = WhichActivation();
        var within = await NewActor(key).PlayAsync(which).Soon();
        var outside = await Engine.Outside.GetGrain<IPlainActor>(key).PlayAsync(which).Soon();

        Assert.Equal(within, outside);
    }

    [Fact]
    public async Task A_grain_reaches_itself_and_others_through_its_factory()
    {
        var (actor, key) = (NewActor(), NewKey());
        var own = await actor.PlayAsync(Asks(actor => actor.Factory.GetGrain<IPlainActor>(actor.GetPrimaryKeyString()).GetPrimaryKeyString())).Soon();
        var inner = Asks(actor => actor.GetPrimaryKeyString());
        var others = await actor.PlayAsync(Asks(actor => actor.Factory.GetGrain<IReentrantActor>(key).PlayAsync(inner))).Soon();

        Assert.Equal(actor.GetPrimaryKeyString(), own);
        Assert.Equal(key, others);
    }

    [Fact]
    public void An_empty_key_is_refused() => Assert.ThrowsAny<ArgumentException>(() => NewActor(""));

    [Fact]
    public void A_grain_is_not_constructed_by_hand() =>
        Assert.ThrowsAny<Exception>(() => new PlainActorGrain(Engine.Acts, null!));
}
