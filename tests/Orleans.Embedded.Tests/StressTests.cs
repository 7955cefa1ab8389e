namespace Orleans.Embedded.Tests;

/// <summary>Grains that activate and deactivate while several threads call them: every call is played once and answered once.</summary>
public sealed class StressTests(EngineFixture engine) : EngineTests(engine)
{
    private const int Callers = 4;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);

    private readonly int[] _alive = new int[10_000];
    private int _overlaps;

    [Fact]
    public async Task Ten_thousand_grains_that_come_and_go_answer_every_call()
    {
        await CallAsync(grains: 10_000, callsOfEach: 1, deactivateEvery: 3);
    }

    [Fact]
    public async Task A_few_grains_that_come_and_go_answer_every_call()
    {
        await CallAsync(grains: 20, callsOfEach: 500, deactivateEvery: 7);
    }

    // Each caller calls each grain so many times, a hundred calls at a time.
    private async Task CallAsync(int grains, int callsOfEach, int deactivateEvery)
    {
        var actors = Enumerable.Range(0, grains).Select(NewCountedActor).ToArray();
        var played = new int[Callers * callsOfEach * grains];
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            var first = caller * callsOfEach * grains;
            foreach (var batch in Enumerable.Range(first, callsOfEach * grains).Chunk(100))
            {
                var answers = await Task.WhenAll(batch.Select(call => AskAsync(actors[call % grains], Playing(call, played, deactivateEvery))));
                Assert.Equal(batch.Select(call => $"{call}"), answers);
            }
        }))).WaitAsync(s_patience, TestContext.Current.CancellationToken);

        Assert.All(played, times => Assert.Equal(1, times));
        Assert.Equal(0, _overlaps);
    }

    // Orleans passes a call on twice from an activation that ends, and then gives it back, not played: its caller may try again.
    private static async Task<string> AskAsync(IActor actor, string act)
    {
        while (true)
        {
            try
            {
                return await actor.PlayAsync(act);
            }
            catch (OrleansMessageRejectionException)
            {
            }
        }
    }

    private string Playing(int call, int[] played, int deactivateEvery) => Asks(async actor =>
    {
        Interlocked.Increment(ref played[call]);
        if (call % deactivateEvery == 0) actor.DeactivateOnIdle();
        await Task.Yield();
        return $"{call}";
    });

    private IActor NewCountedActor(int number)
    {
        var key = NewKey();
        Engine.Acts.Set(key, Moment.Activating, async (_, _) =>
        {
            if (Interlocked.Increment(ref _alive[number]) != 1) Interlocked.Increment(ref _overlaps);
            await Task.Yield();
        });
        Engine.Acts.Set(key, Moment.Deactivating, async (_, _) =>
        {
            await Task.Yield();
            Interlocked.Decrement(ref _alive[number]);
        });
        return NewActor(key);
    }
}
