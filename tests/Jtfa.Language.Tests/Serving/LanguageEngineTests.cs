using System.Diagnostics.Metrics;
using Jtfa.Language.Caches;
using Jtfa.Language.Kernels;
using Jtfa.Language.Serving;
using Jtfa.Testing.Clocks;

namespace Jtfa.Language.Tests.Serving;

/// <summary>An engine with its thread, and readers on others.</summary>
public sealed class LanguageEngineTests : IDisposable
{
    private readonly ServedModel _model = new();

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task Readers_that_come_and_go_get_their_undisturbed_texts()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var options = new EngineOptions { Pages = 40, MaxRunning = 8, ChunkTokens = 30, BufferedPieces = 16 };
        using var engine = LanguageEngine.Load(_model.Path, threads: 2, options);
        var rounds = LongForm.IsAsked ? 400 : 4;
        var served = await Task.WhenAll(Enumerable.Range(0, 16).Select(reader => Task.Run(() => ReadAsync(reader), cancellation)));
        var expected = new Dictionary<int, Said>();
        foreach (var (prompt, said, isWhole) in served.SelectMany(texts => texts))
        {
            if (!expected.TryGetValue(prompt, out var whole))
                expected[prompt] = whole = _model.Undisturbed(Request(prompt), CacheFormat.F16);
            if (isWhole) Assert.Equivalent(whole, said, strict: true);
            else Assert.Equal(whole.Tokens[..said.Tokens.Length], said.Tokens);
        }

        var done = engine.Statistics;
        Assert.Equal((16 * rounds, 0, 0, 0, 0), (done.Ended, done.Running, done.Waiting, done.Stalled, done.PagesRead));
        Assert.True(done.CachedTokens > 0);

        async Task<List<(int Prompt, Said Said, bool IsWhole)>> ReadAsync(int reader)
        {
            var random = new Random(reader);
            List<(int, Said, bool)> texts = [];
            for (var round = 0; round < rounds; round++)
            {
                var prompt = random.Next(40);
                using var stream = Assert.IsType<Accepted>(engine.Submit(Request(prompt))).Stream;
                var most = random.Next(2) == 0 ? int.MaxValue : random.Next(30);
                List<GenerationPiece> pieces = [];
                await foreach (var piece in stream.ReadAllAsync(cancellation))
                {
                    pieces.Add(piece);
                    if (pieces.Count >= most) stream.Cancel();
                }

                var ending = (await stream.Completion).Ending;
                Assert.Equal(pieces.Count < 50 ? GenerationEnding.Cancelled : GenerationEnding.Length, ending);
                texts.Add((prompt, Said.Of(pieces), ending == GenerationEnding.Length));
            }

            return texts;
        }

        static GenerationRequest Request(int prompt) => ServedModel.Request(
            [1, .. Enumerable.Range(3, 16 * (prompt % 4)), 100 + prompt], 50, $"owner {prompt % 3}", prompt % 2, seed: 5);
    }

    [Fact]
    public async Task Models_that_share_threads_compute_in_turns_and_say_the_same()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var workers = new Workers(2);
        using var one = LanguageEngine.Load(_model.Path, workers, new EngineOptions { Pages = 40 });
        using var other = LanguageEngine.Load(_model.Path, workers, new EngineOptions { Pages = 40 });
        LanguageEngine[] engines = [one, other];
        var request = ServedModel.Request([1, 5, 9], 40, temperature: 1);
        GenerationStream[] streams;
        using (workers.TakeTurn())
        {
            streams = [.. engines.Select(engine => Assert.IsType<Accepted>(engine.Submit(request)).Stream)];
            await Condition.HoldsAsync(() => workers.WaitingForTurn, waiting => waiting == 2, "both engines wait");
            Assert.All(engines, engine => Assert.Equal(0, engine.Statistics.Steps));
        }

        var expected = _model.Undisturbed(request, CacheFormat.F16);
        foreach (var stream in streams)
        {
            var pieces = await stream.ReadAllAsync(cancellation).ToListAsync(cancellation);
            Assert.Equivalent(expected, Said.Of(pieces), strict: true);
        }
    }

    [Fact]
    public async Task Who_finds_no_place_is_told_when_to_come_again()
    {
        var options = new EngineOptions { Pages = 40, MaxRunning = 1, MaxWaiting = 2, BufferedPieces = 4 };
        using var engine = LanguageEngine.Load(_model.Path, 1, options);
        var streams = Enumerable.Range(0, 3) // nobody reads, so that none ends
            .Select(i => Assert.IsType<Accepted>(engine.Submit(ServedModel.Request([1, 30 + i], 50))).Stream)
            .ToArray();
        var busy = Assert.IsType<Busy>(engine.Submit(ServedModel.Request([1, 40], 5)));
        Assert.InRange(busy.RetryAfter, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        streams[1].Cancel();
        await streams[1].Completion; // its place is free as soon as its end is known
        Assert.IsType<Accepted>(engine.Submit(ServedModel.Request([1, 40], 5)));
        Assert.IsType<Busy>(engine.Submit(ServedModel.Request([1, 41], 5)));
    }

    [Fact]
    public async Task A_reader_that_is_gone_is_noticed_while_nothing_else_happens()
    {
        var clock = new ManualClock();
        var options = new EngineOptions { Pages = 40, BufferedPieces = 4, ReaderPatience = TimeSpan.FromSeconds(5) };
        using var engine = LanguageEngine.Load(_model.Path, 1, options, clock);
        var stream = Assert.IsType<Accepted>(engine.Submit(ServedModel.Request([1, 30], 50))).Stream;
        await clock.AdvanceToNextTimerAsync(TimeSpan.FromMilliseconds(1), TestContext.Current.CancellationToken);
        var result = await stream.Completion;
        Assert.Equal((GenerationEnding.Abandoned, 0), (result.Ending, engine.Statistics.PagesRead));
        Assert.Equal(TimeSpan.FromMilliseconds(5001), result.Statistics.JobCompletionTime);
    }

    [Fact]
    public async Task Stopping_ends_all_texts()
    {
        var engine = LanguageEngine.Load(_model.Path, 2, new() { Pages = 40, MaxRunning = 2, BufferedPieces = 16 });
        var streams = Enumerable.Range(0, 5)
            .Select(i => Assert.IsType<Accepted>(engine.Submit(ServedModel.Request([1, 30 + i], 250))).Stream)
            .ToArray();
        await foreach (var _ in streams[0].ReadAllAsync(TestContext.Current.CancellationToken)) break;
        engine.Dispose();
        foreach (var stream in streams)
        {
            var result = await stream.Completion;
            Assert.Equal((GenerationEnding.ShutDown, "The engine was stopped."), (result.Ending, result.Fault));
        }

        Assert.Throws<ObjectDisposedException>(() => engine.Submit(ServedModel.Request([1], 5)));
        engine.Dispose();
    }

    [Fact]
    public async Task An_engine_that_breaks_down_tells_all()
    {
        using var engine = LanguageEngine.Load(_model.Path, 1, new() { Pages = 40 }, new FailingClock());
        var stream = Assert.IsType<Accepted>(engine.Submit(ServedModel.Request([1, 30], 50))).Stream;
        var fault = "The engine broke down: The clock fell.";
        var result = await stream.Completion;
        Assert.Equal((GenerationEnding.Failed, fault), (result.Ending, result.Fault));
        Assert.Equal(fault, Assert.Throws<GenerationException>(() => engine.Submit(ServedModel.Request([1], 5))).Message);
    }

    [Fact]
    public void A_request_that_can_never_be_served_is_refused_in_one_line()
    {
        using var engine = LanguageEngine.Load(_model.Path, 1, new() { Pages = 4 });
        Assert.Equal(64, engine.LongestText);
        void IsRefused(string message, GenerationRequest request) =>
            Assert.Equal(message, Assert.Throws<RequestException>(() => engine.Submit(request)).Message);
        var request = ServedModel.Request([1], 5);
        IsRefused("The prompt is empty: give one text token at least.", request with { Prompt = [] });
        IsRefused("The prompt has 64 text tokens, and a text may have 64: shorten it.", request with { Prompt = new int[64] });
        IsRefused("The prompt has the text token 300: known are 0 … 299.", request with { Prompt = [1, 300] });
        IsRefused("The prompt has the text token -1: known are 0 … 299.", request with { Prompt = [-1] });
        IsRefused("MaxTokens=0: allowed is 1 or more", request with { Options = new() { MaxTokens = 0 } });
        IsRefused(
            "Sampling.TopP=2: allowed is 0 … 1; Stop: one is empty; leave it out",
            request with { Options = new() { Sampling = new() { TopP = 2 }, Stop = [""] } });
        IsRefused(
            "Sampling.LogitBias[300]: allowed are ids 0 … 299",
            request with { Options = new() { Sampling = new() { LogitBias = new Dictionary<int, double> { [300] = 1 } } } });
        IsRefused(
            "Stop: they have 1025 bytes together, allowed are 1024", request with { Options = new() { Stop = [new string('a', 1025)] } });
        IsRefused(
            "JsonSchema: The schema allows no document of at most 64 values in each other.", request with { JsonSchema = "false" });
        Assert.Equal(0, engine.Statistics.Waiting);
    }

    [Fact]
    public void An_engine_needs_a_model_that_writes()
    {
        using var encoder = new ServedModel("bert");
        var fault = Assert.Throws<ArgumentException>(() => LanguageEngine.Load(encoder.Path, 1, new()));
        Assert.Equal("The model is an encoder, which gives embeddings and no text.", fault.Message);
        fault = Assert.Throws<ArgumentException>(() => LanguageEngine.Load(_model.Path, 1, new() { Pages = 0, MaxRunning = 0 }));
        const string Faults = "Pages=0: allowed is 2 … 16777216; MaxRunning=0: allowed is 1 … 4096";
        Assert.StartsWith(Faults, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_have_the_names_of_OpenTelemetry()
    {
        List<(string Name, double Value, Dictionary<string, object?> Tags)> seen = [];
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Jtfa.Language") listener.EnableMeasurementEvents(instrument);
            },
        };
        void See<T>(Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
        {
            Dictionary<string, object?> all = new(tags.ToArray());
            lock (seen)
            {
                if (Equals(all["gen_ai.request.model"], "metered")) // tests run beside each other
                    seen.Add((instrument.Name, Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture), all));
            }
        }

        listener.SetMeasurementEventCallback<double>(See);
        listener.SetMeasurementEventCallback<int>(See);
        listener.SetMeasurementEventCallback<long>(See);
        listener.Start();
        double Sum(string name, string tag, string value) =>
            seen.Where(measured => measured.Name == name && Equals(measured.Tags[tag], value)).Sum(measured => measured.Value);

        using (var engine = LanguageEngine.Load(_model.Path, 1, new() { Pages = 40, Model = "metered", MaxRunning = 2, MaxWaiting = 0 }))
        {
            var request = ServedModel.Request([.. Enumerable.Range(3, 40)], 10, "me") with { Operation = "chat" };
            foreach (var _ in (int[])[0, 1]) await Assert.IsType<Accepted>(engine.Submit(request)).Stream.Completion;
            using var endless = Assert.IsType<Accepted>(engine.Submit(ServedModel.Request([1], 250))).Stream;
            await foreach (var _ in endless.ReadAllAsync(TestContext.Current.CancellationToken)) break;
            endless.Cancel();
            await endless.Completion;
            lock (seen)
            {
                Assert.Equal(3, Sum("jtfa.language.pages", "state", "remembered"));
                Assert.Equal(37, Sum("jtfa.language.pages", "state", "free"));
            }
        }

        foreach (var name in (string[])["time_to_first_token", "time_per_output_token", "request.duration"])
        {
            var chats = seen
                .Where(measured => measured.Name == $"gen_ai.server.{name}" && Equals(measured.Tags["gen_ai.operation.name"], "chat"))
                .ToArray();
            Assert.Equal(2, chats.Length);
            Assert.All(chats, chat => Assert.Equal("jtfa", chat.Tags["gen_ai.provider.name"]));
        }

        var cancelled = Assert.Single(seen, measured => measured.Tags.ContainsKey("error.type"));
        Assert.Equal(("gen_ai.server.request.duration", "cancelled"), (cancelled.Name, cancelled.Tags["error.type"]));
        Assert.Equal(40 + 8 + 1, Sum("jtfa.language.tokens", "gen_ai.token.type", "input"));
        Assert.Equal(32, Sum("jtfa.language.tokens", "gen_ai.token.type", "cached"));
        foreach (var state in (string[])["running", "waiting", "stalled"]) Assert.Equal(0, Sum("jtfa.language.texts", "state", state));
        foreach (var state in (string[])["read", "remembered", "free"]) Assert.Equal(0, Sum("jtfa.language.pages", "state", state));
    }

    /// <summary>A clock that fails the engine's thread once.</summary>
    private sealed class FailingClock : TimeProvider
    {
        private bool _hasFailed;

        public override long GetTimestamp()
        {
            if (_hasFailed || Thread.CurrentThread.Name?.StartsWith("language engine", StringComparison.Ordinal) != true)
                return base.GetTimestamp();
            _hasFailed = true;
            throw new InvalidOperationException("The clock fell.");
        }
    }
}
