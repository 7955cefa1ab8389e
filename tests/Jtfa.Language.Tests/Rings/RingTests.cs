using Jtfa.Language.Caches;
using Jtfa.Language.Models;
using Jtfa.Language.Rings;
using Jtfa.Language.Serving;
using Jtfa.Language.Tests.Serving;

namespace Jtfa.Language.Tests.Rings;

/// <summary>A model in stages says what it says in one, to the last bit of its probabilities, whatever becomes of the stages.</summary>
public sealed class RingTests
{
    [Theory]
    [InlineData("llama:gqa-linear", 1, 128, 2, 1)]
    [InlineData("llama:gqa-linear", 2, 24, 1, 2)]
    [InlineData("llama:gqa-linear", 3, 14, 1, 1, 1)]
    [InlineData("gemma", 4, 24, 1, 1, 1)]
    [InlineData("gpt2", 5, 14, 1, 2)]
    [InlineData("bloom", 6, 24, 1, 1, 1)]
    public async Task Each_text_is_that_of_its_undisturbed_run(string kind, int seed, int pages, params int[] blocks)
    {
        using var model = new ServedModel(kind, blocks.Sum());
        var random = new Random(seed);
        var format = (CacheFormat)(seed % 3);
        var options = new EngineOptions
        {
            Pages = pages,
            CacheFormat = format,
            MaxRunning = 6,
            ChunkTokens = random.Next(1, 40),
            BufferedPieces = 12,
        };
        using var ring = new LocalRing(model.Path, blocks, format, pages);
        using var scheduler = new SteppedScheduler(model, options, ring: ring, blocks: blocks[0]);
        ring.Start(() => { });
        List<(GenerationRequest Request, GenerationStream Stream, List<GenerationPiece> Pieces)> live = [], ended = [];
        var texts = pages > 14 ? 100 : 300; // as many as make pages short now and then, however the stages' threads run
        var (left, cancelled, losses) = (texts, 0, 0);
        for (var step = 0; left > 0 || live.Count > 0; step++)
        {
            if (left > 0 && live.Count < 12 && random.Next(3) == 0)
            {
                var request = ServedModel.RandomRequest(random);
                live.Add((request, scheduler.Submit(request), []));
                left--;
            }

            if (live.Count > 0 && random.Next(400) == 0) live[random.Next(live.Count)].Stream.Cancel();
            if (random.Next(300) == 0)
            {
                ring.Break();
                losses++;
                if (random.Next(2) == 0) scheduler.Step(); // else the next epoch has begun before anybody looked
                ring.Begin();
            }

            if (!scheduler.Step() && scheduler.Statistics.Running > 0) await ring.NewsAsync(TestContext.Current.CancellationToken);
            for (var i = live.Count - 1; i >= 0; i--)
            {
                var (_, stream, pieces) = live[i];
                if (random.Next(4) == 0 || stream.Completion.IsCompleted)
                    while (stream.TryRead(out var piece)) pieces.Add(piece);
                if (!stream.Completion.IsCompleted) continue;
                ended.Add(live[i]);
                live.RemoveAt(i);
            }
        }

        Assert.Empty(ring.Faults);
        foreach (var (request, stream, pieces) in ended)
        {
            var (said, result) = (Said.Of(pieces), await stream.Completion);
            var expected = model.Undisturbed(request, format);
            if (result.Ending == GenerationEnding.Cancelled)
            {
                cancelled++;
                Assert.Equal(expected.Tokens[..said.Tokens.Length], said.Tokens);
                Assert.Equal(expected.LogProbabilities[..said.LogProbabilities.Length], said.LogProbabilities);
                continue;
            }

            Assert.Equal(expected.Finish.ToString(), result.Ending.ToString());
            Assert.Equivalent(expected, said, strict: true);
        }

        var done = scheduler.Statistics;
        TestContext.Current.TestOutputHelper!.WriteLine($"{done}, {cancelled} cancelled, {losses} losses");
        Assert.Equal((texts, 0, 0, 0, 0), (done.Ended, done.Running, done.Waiting, done.Stalled, done.PagesRead));
        Assert.Equal(pages, scheduler.Pool.Available);
        Assert.True(done.CachedTokens > 50 && done.Recoveries > 2);
        Assert.True(pages > 14 || done.Preemptions > 0);
        Assert.Equal(ring.Stages, ring.MostUnderWay);
    }

    [Fact]
    public async Task An_engine_goes_on_when_its_stages_are_lost_again_and_again()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var model = new ServedModel(blocks: 3);
        using var ring = new LocalRing(model.Path, [1, 1, 1], CacheFormat.F16, 64);
        var options = new EngineOptions { Pages = 64, MaxRunning = 8 };
        using var engine = LanguageEngine.Load(model.Path, 1, options, blocks: 1, ring: ring);
        var rounds = LongForm.IsAsked ? 100 : 3;
        using var over = new CancellationTokenSource();
        var breaking = Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                await ring.NewsAsync(cancellation);
                if (Random.Shared.Next(150) > 0) continue;
                ring.Break();
                ring.Begin();
            }
        }, cancellation);
        var said = await Task.WhenAll(Enumerable.Range(0, 8).Select(reader => Task.Run(() => ReadAsync(reader), cancellation)));
        await over.CancelAsync();
        ring.Break();
        await breaking;
        foreach (var (request, text) in said.SelectMany(texts => texts))
            Assert.Equivalent(model.Undisturbed(request, CacheFormat.F16), text, strict: true);

        async Task<List<(GenerationRequest, Said)>> ReadAsync(int reader)
        {
            List<(GenerationRequest, Said)> texts = [];
            for (var round = 0; round < rounds; round++)
            {
                int[] prompt = [1, .. Enumerable.Range(3, 16 * (round % 4)), 100 + reader];
                var request = ServedModel.Request(prompt, 40, "me", reader % 2, seed: (ulong)round);
                using var stream = Assert.IsType<Accepted>(engine.Submit(request)).Stream;
                List<GenerationPiece> pieces = [];
                await foreach (var piece in stream.ReadAllAsync(cancellation)) pieces.Add(piece);
                texts.Add((request, Said.Of(pieces)));
            }

            return texts;
        }
    }

    [Fact]
    public async Task Texts_wait_while_a_stage_is_missing()
    {
        using var model = new ServedModel(blocks: 2);
        using var ring = new LocalRing(model.Path, [1, 1], CacheFormat.F16, 32);
        using var scheduler = new SteppedScheduler(model, new() { Pages = 32 }, ring: ring, blocks: 1);
        var request = ServedModel.Request([1, 30], 20);
        var stream = scheduler.Submit(request);
        Assert.False(scheduler.Step());
        Assert.Equal((1, 0, 0), (scheduler.Statistics.Waiting, scheduler.Statistics.Running, scheduler.Statistics.PagesRead));
        ring.Begin();
        Assert.True(scheduler.Step());
        ring.Break();
        Assert.False(scheduler.Step());
        Assert.Equal((1, 0, 0), (scheduler.Statistics.Waiting, scheduler.Statistics.Running, scheduler.Statistics.PagesRead));
        ring.Begin();
        while (!stream.Completion.IsCompleted)
            if (!scheduler.Step()) await ring.NewsAsync(TestContext.Current.CancellationToken);
        var result = await stream.Completion;
        Assert.Equivalent(model.Undisturbed(request, CacheFormat.F16), SteppedScheduler.Read(stream), strict: true);
        Assert.Equal((1, 0), (result.Statistics.Recoveries, result.Statistics.Preemptions));
    }

    [Fact]
    public void An_answer_that_is_none_ends_the_epoch()
    {
        using var model = new ServedModel(blocks: 2);
        using var ring = new LocalRing(model.Path, [1, 1], CacheFormat.F16, 32);
        using var scheduler = new SteppedScheduler(model, new() { Pages = 32 }, ring: ring, blocks: 1);
        scheduler.Submit(ServedModel.Request([1, 30], 20));
        ring.Begin();
        ring.Return([1, 2, 3]); // not even a header
        ring.Return(ReturnedStates.Write(1, 7, new float[64], 64, StateFormat.F32)); // of a batch that was never sent
        scheduler.Step();
        Assert.Empty(ring.Faults);
        ring.Return(ReturnedStates.Write(1, 1, new float[128], 64, StateFormat.F32)); // two hidden states, where one was wanted
        scheduler.Step();
        Assert.Contains("A stage gave back 512 bytes where 1 hidden states of 64 numbers were wanted.", ring.Faults);
        Assert.Null(ring.Epoch);
    }

    // 8 bits a number leave an error of 4e-3 of a state that points anywhere, whatever the code is.
    [Theory]
    [InlineData(false, StateFormat.F32, 0)]
    [InlineData(false, StateFormat.F16, 2e-3)]
    [InlineData(false, StateFormat.Q8, 5e-2)]
    [InlineData(true, StateFormat.F32, 0)]
    [InlineData(true, StateFormat.F16, 2e-3)]
    [InlineData(true, StateFormat.Q8, 2e-2)]
    public void What_the_wire_takes_from_logits_is_bounded(bool isTrained, StateFormat format, double most)
    {
        using var random = new ServedModel(blocks: 3);
        var path = isTrained ? ShippedModel.ModelPath : random.Path;
        using var whole = LanguageModel.Load(path, 1);
        int[] prompt = [1, .. Enumerable.Range(3, 100)];
        var (width, vocabulary, blocks) = (whole.Sizes.Width, whole.Vocabulary, whole.Sizes.Blocks);
        using var pool = whole.CreatePool(CacheFormat.F32, 16);
        using var sequence = new CachedSequence(pool);
        var batch = new Batch();
        Assert.True(batch.TryAdd(sequence, prompt));
        var (exact, logits) = (new float[prompt.Length * vocabulary], new float[prompt.Length * vocabulary]);
        whole.Logits(whole.Forward(batch), prompt.Length, exact);

        // The same through three stages by hand, since a scheduler asks for the last row alone.
        using var starter = LanguageModel.Load(path, 1, blocks: 1);
        using var own = starter.CreatePool(CacheFormat.F32, 16);
        using var first = new CachedSequence(own);
        batch.Clear();
        Assert.True(batch.TryAdd(first, prompt));
        var hidden = starter.Forward(batch).ToArray();
        foreach (var (from, count) in ((int, int)[])[(1, 1), (2, blocks - 2)])
        {
            Through(hidden);
            using var stage = new LoadedStage(path, from, count);
            stage.Forward(prompt.Length, hidden);
        }

        Through(hidden);
        starter.Logits(hidden, prompt.Length, logits);
        var worst = 0.0;
        for (var row = 0; row < prompt.Length; row++)
        {
            var range = new Range(row * vocabulary, (row + 1) * vocabulary);
            var largest = exact[range].Max(Math.Abs);
            worst = Math.Max(worst, exact[range].Zip(logits[range], (a, b) => Math.Abs(a - b)).Max() / largest);
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{worst:E2} of the largest logit");
        Assert.InRange(worst, 0, most);

        void Through(float[] states)
        {
            var bytes = new byte[prompt.Length * HiddenStates.RowBytes(format, width)];
            HiddenStates.Write(states, width, format, bytes);
            HiddenStates.Read(bytes, width, format, states);
        }
    }
}
