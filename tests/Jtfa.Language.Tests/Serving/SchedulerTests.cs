using Jtfa.Language.Caches;
using Jtfa.Language.Files;
using Jtfa.Language.Serving;
using Jtfa.Language.Tokenizers;

namespace Jtfa.Language.Tests.Serving;

/// <summary>Which texts run together, step by step; and that none of them notices the others.</summary>
public sealed class SchedulerTests : IDisposable
{
    private readonly ServedModel _model = new();

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData(1, 128, 0), InlineData(2, 24, 0), InlineData(3, 14, 0), InlineData(4, 14, 0)]
    [InlineData(5, 128, 4), InlineData(6, 24, 16), InlineData(7, 14, 1), InlineData(8, 14, 8)]
    public async Task Each_text_is_that_of_its_undisturbed_run(int seed, int pages, int lookup)
    {
        var random = new Random(seed);
        var format = (CacheFormat)(seed % 3);
        var options = new EngineOptions
        {
            Pages = pages,
            CacheFormat = format,
            MaxRunning = 6,
            ChunkTokens = random.Next(1, 40),
            BufferedPieces = 12,
            Lookup = lookup,
        };
        using var scheduler = new SteppedScheduler(_model, options);
        List<(GenerationRequest Request, GenerationStream Stream, List<GenerationPiece> Pieces, int Pace)> live = [], ended = [];
        var (left, steps, cancelled, stalled) = (120, 0, 0, 0);
        while (left > 0 || live.Count > 0)
        {
            if (left > 0 && live.Count < 12 && random.Next(3) == 0)
            {
                var request = ServedModel.RandomRequest(random);
                live.Add((request, scheduler.Submit(request), [], random.Next(3)));
                left--;
            }

            if (live.Count > 0 && random.Next(40) == 0) live[random.Next(live.Count)].Stream.Cancel();
            scheduler.Step();
            Assert.True(++steps < 50_000);
            stalled += scheduler.Statistics.Stalled;
            for (var i = live.Count - 1; i >= 0; i--)
            {
                // Some read at once, some seldom and little: their texts stand still now and then.
                var (_, stream, pieces, pace) = live[i];
                for (var reads = pace == 0 ? 99 : random.Next(8 * pace) == 0 ? 7 : 0; reads > 0 && stream.TryRead(out var piece); reads--)
                    pieces.Add(piece);
                if (!stream.Completion.IsCompleted) continue;
                while (stream.TryRead(out var piece)) pieces.Add(piece);
                ended.Add(live[i]);
                live.RemoveAt(i);
            }
        }

        foreach (var (request, stream, pieces, _) in ended)
        {
            var (said, result) = (Said.Of(pieces), await stream.Completion);
            var expected = _model.Undisturbed(request, format);
            if (result.Ending == GenerationEnding.Cancelled)
            {
                cancelled++;
                Assert.Equal(expected.Tokens[..said.Tokens.Length], said.Tokens);
                Assert.Equal(expected.LogProbabilities[..said.LogProbabilities.Length], said.LogProbabilities);
                continue;
            }

            Assert.Equal(expected.Finish.ToString(), result.Ending.ToString());
            Assert.Equivalent(expected, said, strict: true);
            Assert.Equal((request.Prompt.Count, said.Tokens.Length), (result.Statistics.PromptTokens, result.Statistics.CompletionTokens));
        }

        var done = scheduler.Statistics;
        Assert.Equal((120, 0, 0, 0, 0), (done.Ended, done.Running, done.Waiting, done.Stalled, done.PagesRead));
        Assert.Equal(pages, scheduler.Pool.Available);
        TestContext.Current.TestOutputHelper!.WriteLine($"{done}, {cancelled} cancelled");
        Assert.True(done.CachedTokens > 100 && cancelled > 5 && stalled > 100);
        Assert.Equal(pages < 128, done.Preemptions > 10);
        Assert.Equal(lookup > 0, done.DraftedTokens > 10);
    }

    [Fact]
    public void A_text_that_repeats_itself_takes_fewer_steps_and_stays_the_same()
    {
        int[] prompt = [1, .. Enumerable.Range(0, 48).Select(i => 40 + (i % 6))];
        var biased = Enumerable.Range(40, 6).ToDictionary(id => id, _ => 100.0);
        foreach (var temperature in new[] { 0.0, 0.7 })
        {
            var request = ServedModel.Request(prompt, 100, "me", temperature, seed: 5);
            request = request with
            {
                Options = request.Options with { Sampling = request.Options.Sampling with { LogitBias = biased } },
            };
            using var plain = new SteppedScheduler(_model, new() { Pages = 128 });
            using var guessing = new SteppedScheduler(_model, new() { Pages = 128, Lookup = 6 });
            Assert.Equivalent(plain.Finish(plain.Submit(request)), guessing.Finish(guessing.Submit(request)), strict: true);
            var (before, after) = (plain.Statistics, guessing.Statistics);
            TestContext.Current.TestOutputHelper!.WriteLine($"{before.Steps} {after}");
            Assert.Equal((0, before.CompletionTokens), (before.DraftedTokens, after.CompletionTokens));
            Assert.Equal(before.Steps - after.AcceptedTokens, after.Steps);
            Assert.InRange(after.AcceptedTokens, temperature > 0 ? 3 : 40, after.DraftedTokens);
        }
    }

    [Fact]
    public void A_long_prompt_delays_others_by_a_chunk_at_most()
    {
        using var scheduler = new SteppedScheduler(_model, new() { Pages = 64, MaxRunning = 4, ChunkTokens = 32 });
        GenerationRequest[] requests = [ServedModel.Request([1, 50], 100), ServedModel.Request([1, 60], 100)];
        GenerationStream[] decoding = [.. requests.Select(scheduler.Submit)];
        Assert.True(scheduler.Step());
        foreach (var stream in decoding) Assert.True(stream.TryRead(out _));

        var slow = scheduler.Submit(ServedModel.Request([.. Enumerable.Range(3, 200)], 4));
        var second = scheduler.Submit(ServedModel.Request([.. Enumerable.Range(40, 20)], 4));
        var steps = 0;
        for (var computed = scheduler.Statistics.ComputedTokens; ; computed = scheduler.Statistics.ComputedTokens)
        {
            Assert.True(scheduler.Step());
            steps++;
            Assert.InRange(scheduler.Statistics.ComputedTokens - computed, 2, 2 + 32);
            foreach (var stream in decoding)
            {
                Assert.True(stream.TryRead(out _)); // one each in every step
                Assert.False(stream.TryRead(out _));
            }

            if (slow.TryRead(out _)) break;
            Assert.False(second.TryRead(out _)); // prompts in the order of submission
        }

        Assert.Equal(7, steps); // 200 = 6 × 32 + 8
        Assert.True(second.TryRead(out _)); // the 7th chunk had room for all of the second
    }

    [Fact]
    public void Texts_that_begin_alike_compute_the_begin_once()
    {
        using var scheduler = new SteppedScheduler(_model, new() { Pages = 64, ChunkTokens = 24 });
        int[] system = [.. Enumerable.Range(3, 100)];
        var requests = Enumerable.Range(0, 5).Select(i => ServedModel.Request([.. system, 200 + i, 210], 5, "me")).ToArray();
        var streams = requests.Select(scheduler.Submit).ToArray();
        foreach (var (stream, request) in streams.Zip(requests))
            Assert.Equivalent(_model.Undisturbed(request, CacheFormat.F16), scheduler.Finish(stream), strict: true);
        var done = scheduler.Statistics;
        Assert.Equal(5 * 102, done.PromptTokens);
        Assert.Equal(4 * 96, done.CachedTokens);
        Assert.Equal(102 + (4 * 6) + (5 * 4), done.ComputedTokens); // the last of each is not fed back
    }

    [Fact]
    public async Task Nothing_of_one_owner_reaches_another()
    {
        using var scheduler = new SteppedScheduler(_model, new() { Pages = 64, ChunkTokens = 64 });
        int[] secret = [1, .. Enumerable.Range(100, 60)];
        var mine = scheduler.Submit(ServedModel.Request(secret, 30, "me", temperature: 1));
        scheduler.Finish(mine);
        Assert.InRange(scheduler.Statistics.PagesRemembered, 5, 6);
        foreach (var owner in (string?[])["you", "", "me ", null])
        {
            // The same text as if all pages were new: the same numbers, and as much to compute, so that not even its time tells.
            var before = scheduler.Statistics.ComputedTokens;
            var request = ServedModel.Request(secret, 20, owner);
            var yours = scheduler.Submit(request);
            Assert.Equivalent(_model.Undisturbed(request, CacheFormat.F16), scheduler.Finish(yours), strict: true);
            Assert.Equal(0, (await yours.Completion).Statistics.CachedTokens);
            Assert.Equal(secret.Length + 19, scheduler.Statistics.ComputedTokens - before);
        }

        var again = scheduler.Submit(ServedModel.Request(secret, 2, "you"));
        scheduler.Finish(again);
        Assert.Equal(48, (await again.Completion).Statistics.CachedTokens);
    }

    [Fact]
    public async Task Cancelling_frees_pages_before_the_next_step()
    {
        using var scheduler = new SteppedScheduler(_model, new() { Pages = 32, MaxRunning = 1 });
        var running = scheduler.Submit(ServedModel.Request([.. Enumerable.Range(3, 40)], 100));
        var waiting = scheduler.Submit(ServedModel.Request([1, 9], 100));
        scheduler.Step();
        Assert.Equal((1, 1, 3), (scheduler.Statistics.Running, scheduler.Statistics.Waiting, scheduler.Statistics.PagesRead));
        running.Cancel();
        waiting.Cancel();
        Assert.False(scheduler.Step());
        Assert.Equal(32, scheduler.Pool.Free);
        var result = await running.Completion;
        Assert.Equal((GenerationEnding.Cancelled, null, 1), (result.Ending, result.Fault, result.Statistics.CompletionTokens));
        var unheard = await waiting.Completion;
        Assert.Equal((GenerationEnding.Cancelled, 0), (unheard.Ending, unheard.Statistics.CompletionTokens));
        Assert.Null(unheard.Statistics.TimeToFirstToken);
        Assert.Single(SteppedScheduler.Read(running).Tokens); // what there was can be read
    }

    [Fact]
    public async Task The_youngest_gives_way_and_is_computed_anew()
    {
        using var scheduler = new SteppedScheduler(_model, new() { Pages = 6, MaxRunning = 4, CacheFormat = CacheFormat.F32 });
        GenerationRequest[] requests = [.. ((int[])[70, 60, 50]).Select((tokens, i) => ServedModel.Request([1, 30 + i], tokens))];
        var streams = requests.Select(scheduler.Submit).ToArray();
        List<int> ends = [];
        while (scheduler.Step())
            for (var i = 0; i < streams.Length; i++) if (streams[i].Completion.IsCompleted && !ends.Contains(i)) ends.Add(i);
        for (var i = 0; i < streams.Length; i++)
        {
            var result = await streams[i].Completion;
            Assert.Equivalent(_model.Undisturbed(requests[i], CacheFormat.F32), SteppedScheduler.Read(streams[i]), strict: true);
            Assert.Equal(i == 0, result.Statistics.Preemptions == 0);
        }

        Assert.Equal([0, 1, 2], ends);
        Assert.True(scheduler.Statistics.Preemptions >= 2);
    }

    [Fact]
    public async Task A_text_waits_for_its_reader_and_the_others_do_not()
    {
        var options = new EngineOptions { Pages = 32, MaxRunning = 2, BufferedPieces = 8, ReaderPatience = TimeSpan.FromSeconds(3) };
        using var scheduler = new SteppedScheduler(_model, options);
        var unread = scheduler.Submit(ServedModel.Request([1, 30], 40));
        var forgotten = scheduler.Submit(ServedModel.Request([1, 31], 40));
        for (var i = 0; i < 8; i++) Assert.True(scheduler.Step());
        Assert.False(scheduler.Step());
        Assert.Equal((0, 2), (scheduler.Statistics.Running, scheduler.Statistics.Stalled));

        var request = ServedModel.Request([1, 32], 8);
        var third = scheduler.Submit(request); // both places are free for it
        Assert.Equal(8, scheduler.Finish(third).Tokens.Length);
        List<GenerationPiece> pieces = [];
        while (!unread.Completion.IsCompleted)
        {
            while (unread.TryRead(out var piece)) pieces.Add(piece);
            scheduler.Step();
        }

        while (unread.TryRead(out var piece)) pieces.Add(piece);
        Assert.Equivalent(_model.Undisturbed(ServedModel.Request([1, 30], 40), CacheFormat.F16), Said.Of(pieces), strict: true);
        Assert.Equal((1, 1), (scheduler.Statistics.Stalled, scheduler.Statistics.PagesRead));

        scheduler.Clock.Advance(TimeSpan.FromSeconds(3));
        scheduler.Step();
        var result = await forgotten.Completion;
        Assert.Equal(GenerationEnding.Abandoned, result.Ending);
        Assert.Equal("The text was given up: 8 pieces of it were not read for 3 s.", result.Fault);
        Assert.Equal(32, scheduler.Pool.Free);
        await using var reading = forgotten.ReadAllAsync().GetAsyncEnumerator(TestContext.Current.CancellationToken);
        for (var i = 0; i < 8; i++) Assert.True(await reading.MoveNextAsync());
        Assert.Equal(result.Fault, (await Assert.ThrowsAsync<GenerationException>(async () => await reading.MoveNextAsync())).Message);
    }

    [Fact]
    public void Pages_of_a_text_that_stands_still_are_taken_first()
    {
        using var scheduler = new SteppedScheduler(_model, new() { Pages = 6, MaxRunning = 2, BufferedPieces = 40 });
        var unread = scheduler.Submit(ServedModel.Request([1, 30], 60));
        for (var i = 0; i < 40; i++) Assert.True(scheduler.Step());
        var other = scheduler.Submit(ServedModel.Request([.. Enumerable.Range(3, 60)], 30));
        Assert.Equal(30, scheduler.Finish(other).Tokens.Length);
        Assert.Equal((1, 0, 1), (scheduler.Statistics.Stalled, scheduler.Statistics.PagesRead, scheduler.Statistics.Preemptions));
        var begin = SteppedScheduler.Read(unread);
        var rest = scheduler.Finish(unread);
        Assert.Equal(_model.Undisturbed(ServedModel.Request([1, 30], 60), CacheFormat.F16).Text, begin.Text + rest.Text);
    }

    [Fact]
    public async Task A_text_that_cannot_go_on_ends_alone()
    {
        using var scheduler = new SteppedScheduler(_model, new() { Pages = 32 });
        var nothing = Enumerable.Range(0, 300).ToDictionary(id => id, _ => double.NegativeInfinity);
        var stuck = scheduler.Submit(new() { Prompt = [1], Options = new() { Sampling = new() { LogitBias = nothing } } });
        var other = ServedModel.Request([1, 30], 20);
        var stream = scheduler.Submit(other);
        Assert.Equivalent(_model.Undisturbed(other, CacheFormat.F16), scheduler.Finish(stream), strict: true);
        var result = await stuck.Completion;
        Assert.Equal(GenerationEnding.Failed, result.Ending);
        Assert.Contains("no text token to choose", result.Fault, StringComparison.Ordinal);
        Assert.Equal(32, scheduler.Pool.Free);
    }

    [Fact]
    public void Logits_that_no_text_token_belongs_to_are_left_out()
    {
        using var file = GgufFile.Open(_model.Path);
        var metadata = new GgufMetadata("a vocabulary of 40, of a model of 300");
        foreach (var (key, value) in file.Metadata.Values)
            metadata.TryAdd(key, value switch { string[] all => all[..40], float[] all => all[..40], int[] all => all[..40], _ => value });
        using var scheduler = new SteppedScheduler(_model, new() { Pages = 16 }, Tokenizer.Load(metadata));
        var said = scheduler.Finish(scheduler.Submit(ServedModel.Request([1, 30], 50)));
        Assert.Equal(50, said.Tokens.Length);
        Assert.All(said.Tokens, token => Assert.InRange(token, 0, 39));
    }

    [Fact]
    public void Static_batches_wait_until_all_have_ended()
    {
        using var scheduler = new SteppedScheduler(_model, new() { Pages = 64, MaxRunning = 2, Batching = Batching.Static });
        var requests = ((int[])[4, 30, 4, 4]).Select((tokens, i) => ServedModel.Request([1, 30 + i], tokens));
        GenerationStream[] streams = [.. requests.Select(scheduler.Submit)];
        for (var step = 1; step <= 34; step++)
        {
            Assert.True(scheduler.Step());
            Assert.Equal(step >= 4, streams[0].Completion.IsCompleted);
            Assert.Equal(step >= 30, streams[1].Completion.IsCompleted);
            Assert.Equal(step > 30, streams[2].TryRead(out _));
        }

        Assert.False(scheduler.Step());
    }

    [Fact]
    public async Task A_texts_times_are_told()
    {
        using var scheduler = new SteppedScheduler(_model, new() { Pages = 64, MaxRunning = 1, ChunkTokens = 10 });
        var first = scheduler.Submit(ServedModel.Request([.. Enumerable.Range(3, 35)], 11));
        var second = scheduler.Submit(ServedModel.Request([1], 1));
        scheduler.Finish(second);
        var statistics = (await first.Completion).Statistics;
        Assert.Equal((35, 11), (statistics.PromptTokens, statistics.CompletionTokens));
        Assert.Equal((0, 0), (statistics.CachedTokens, statistics.Preemptions));
        double Milliseconds(TimeSpan? time) => time!.Value.TotalMilliseconds;
        Assert.Equal(1, Milliseconds(statistics.Queued));
        Assert.Equal(4, Milliseconds(statistics.TimeToFirstToken)); // four chunks
        Assert.Equal(1, Milliseconds(statistics.TimePerOutputToken));
        Assert.Equal(14, Milliseconds(statistics.JobCompletionTime));
        var other = (await second.Completion).Statistics;
        Assert.Equal((15, 15), (Milliseconds(other.Queued), Milliseconds(other.TimeToFirstToken)));
        Assert.Null(other.TimePerOutputToken);
    }

    [Fact]
    public void A_step_allocates_little()
    {
        using var scheduler = new SteppedScheduler(_model, new() { Pages = 128, MaxRunning = 8 });
        var streams = Enumerable.Range(0, 8)
            .Select(i => ServedModel.Request([1, 30 + i], 200, "me", temperature: 1, seed: (ulong)i))
            .Select(request => scheduler.Submit(request with { Options = request.Options with { LogProbabilities = null } }))
            .ToArray();
        long Steps(int count)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (; count > 0; count--)
            {
                scheduler.Step();
                foreach (var stream in streams) Assert.True(stream.TryRead(out _));
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Steps(60);
        var bytes = Steps(100) / 800.0;
        TestContext.Current.TestOutputHelper!.WriteLine($"{bytes:F1} bytes a text token");
        Assert.InRange(bytes, 0, 100); // its text as a string, and a share of lists that grow
    }
}
