using System.Diagnostics;
using Jtfa.Core;
using Jtfa.Experiments.Statistics;
using Jtfa.Language.Serving;

namespace Jtfa.Lab.Bench;

/// <summary>
/// Texts asked for at random times that do not wait for answers (an open loop, Poisson), served by dynamic and by static batching in turn:
/// the same requests at the same times. The rate is given as a multiple of what dynamic batching serves when as many clients ask one text
/// after another. Text tokens are counted while texts are asked for; all texts are read to their ends.
/// </summary>
internal static class ChatBench
{
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(2);

    public static async Task<ChatFigures> RunAsync(ChatSettings settings, CancellationToken cancellationToken)
    {
        var texts = BenchTexts.Of(settings.Path);
        var rate = settings.Load * await CapacityAsync(settings, texts, cancellationToken);
        List<(BatchingFigures Dynamic, BatchingFigures Static)> rounds = [];
        for (var round = 0; round < settings.Rounds; round++)
        {
            var asked = Asked(settings, texts, rate, round);

            // Which of them is first takes turns, too.
            if (round % 2 == 0)
            {
                var first = await ServeAsync(settings, Batching.Dynamic, asked, cancellationToken);
                rounds.Add((first, await ServeAsync(settings, Batching.Static, asked, cancellationToken)));
            }
            else
            {
                var first = await ServeAsync(settings, Batching.Static, asked, cancellationToken);
                rounds.Add((await ServeAsync(settings, Batching.Dynamic, asked, cancellationToken), first));
            }
        }

        return new ChatFigures(
            settings.Name, settings.Threads, settings.Clients, settings.Rounds, settings.Seconds, settings.Seed, rate / settings.Load, rate,
            BatchingFigures.Median(rounds.Select(round => round.Dynamic)), BatchingFigures.Median(rounds.Select(round => round.Static)),
            Quantiles.Median(rounds.Select(round => round.Dynamic.TokensPerS / round.Static.TokensPerS)),
            Quantiles.Median(rounds.Select(round => round.Dynamic.TtftP90Ms / round.Static.TtftP90Ms)));
    }

    // Texts a second that are served when each client asks again as soon as it has its answer.
    private static async Task<double> CapacityAsync(ChatSettings settings, BenchTexts texts, CancellationToken cancellationToken)
    {
        using var engine = Engine(settings, Batching.Dynamic);
        var (random, gate, clock, tokens, sizes) = (new Random(settings.Seed), new Lock(), Stopwatch.StartNew(), 0L, new List<int>());
        var end = s_warmUp + TimeSpan.FromSeconds(settings.Seconds);
        await Task.WhenAll(Enumerable.Range(0, settings.Clients).Select(async _ =>
        {
            while (clock.Elapsed < end)
            {
                GenerationRequest request;
                lock (gate)
                {
                    request = texts.Draw(random);
                    sizes.Add(request.Options.MaxTokens);
                }

                await ReadAsync(engine, request, () =>
                {
                    if (clock.Elapsed >= s_warmUp && clock.Elapsed < end) Interlocked.Increment(ref tokens);
                }, cancellationToken);
            }
        }));
        return tokens / (settings.Seconds * sizes.Average());
    }

    private static List<(double Due, GenerationRequest Request)> Asked(ChatSettings settings, BenchTexts texts, double rate, int round)
    {
        var random = new Random((settings.Seed * 1000) + round);
        List<(double Due, GenerationRequest Request)> asked = [];
        for (var due = 0.0; (due -= Math.Log(1 - random.NextDouble()) / rate) < settings.Seconds;) asked.Add((due, texts.Draw(random)));
        return asked;
    }

    private static async Task<BatchingFigures> ServeAsync(
        ChatSettings settings, Batching batching, List<(double Due, GenerationRequest Request)> asked, CancellationToken cancellationToken)
    {
        using var engine = Engine(settings, batching);
        await ReadAsync(engine, asked[0].Request, () => { }, cancellationToken);
        var (tokens, clock, readers) = (0L, Stopwatch.StartNew(), new List<Task<GenerationStatistics>>());
        foreach (var (due, request) in asked)
        {
            var wait = TimeSpan.FromSeconds(due) - clock.Elapsed;
            if (wait > TimeSpan.Zero) await Task.Delay(wait, cancellationToken);
            readers.Add(ReadAsync(engine, request, () =>
            {
                if (clock.Elapsed.TotalSeconds < settings.Seconds) Interlocked.Increment(ref tokens);
            }, cancellationToken));
        }

        return BatchingFigures.Of(await Task.WhenAll(readers), tokens / settings.Seconds);
    }

    private static async Task<GenerationStatistics> ReadAsync(
        LanguageEngine engine, GenerationRequest request, Action count, CancellationToken cancellationToken)
    {
        if (engine.Submit(request) is not Accepted { Stream: var stream })
            throw new InvalidOperationException("The engine found no place for a text, and there is one for each.");
        await foreach (var _ in stream.ReadAllAsync(cancellationToken)) count();
        return (await stream.Completion).Statistics;
    }

    private static LanguageEngine Engine(ChatSettings settings, Batching batching) => LanguageEngine.Load(
        settings.Path, settings.Threads, new EngineOptions
        {
            Model = settings.Name,
            Batching = batching,
            MaxRunning = settings.Clients,
            MaxWaiting = 1_000_000, // nobody is told to come again
            Pages = settings.Clients * BenchTexts.MostPages,
        });
}

/// <summary>What is measured.</summary>
/// <param name="Path">The model's file.</param>
/// <param name="Name">Its name.</param>
/// <param name="Threads">Threads that compute.</param>
/// <param name="Clients">Texts that run together at most.</param>
/// <param name="Rounds">How often each kind of batching serves.</param>
/// <param name="Seconds">How long texts are asked for in a round.</param>
/// <param name="Load">Texts asked for a second, as a multiple of what is served in a closed loop.</param>
/// <param name="Seed">Of prompts, lengths and times.</param>
internal sealed record ChatSettings(
    string Path, string Name, int Threads, int Clients, int Rounds, double Seconds, double Load, int Seed);

/// <summary>One kind of batching: text tokens a second while texts were asked for, and what readers waited for.</summary>
internal sealed record BatchingFigures(
    double Texts, double TokensPerS, double TtftP50Ms, double TtftP90Ms, double TtftP99Ms, double TpotP50Ms, double TpotP90Ms,
    double JctP50Ms, double JctP90Ms)
{
    /// <summary>Of one round.</summary>
    public static BatchingFigures Of(IReadOnlyCollection<GenerationStatistics> texts, double tokensPerS)
    {
        var (first, perToken, completion) = (new PercentileSketch(), new PercentileSketch(), new PercentileSketch());
        foreach (var text in texts)
        {
            first.Add(text.TimeToFirstToken!.Value.TotalMilliseconds);
            completion.Add(text.JobCompletionTime.TotalMilliseconds);
            if (text.TimePerOutputToken is { } time) perToken.Add(time.TotalMilliseconds);
        }

        return new(
            texts.Count, tokensPerS, first.Quantile(0.5), first.Quantile(0.9), first.Quantile(0.99), perToken.Quantile(0.5),
            perToken.Quantile(0.9), completion.Quantile(0.5), completion.Quantile(0.9));
    }

    /// <summary>The median of each figure over rounds.</summary>
    public static BatchingFigures Median(IEnumerable<BatchingFigures> rounds)
    {
        var all = rounds.ToList();
        double Of(Func<BatchingFigures, double> figure) => Quantiles.Median(all.Select(figure));
        return new(
            Of(one => one.Texts), Of(one => one.TokensPerS), Of(one => one.TtftP50Ms), Of(one => one.TtftP90Ms), Of(one => one.TtftP99Ms),
            Of(one => one.TpotP50Ms), Of(one => one.TpotP90Ms), Of(one => one.JctP50Ms), Of(one => one.JctP90Ms));
    }
}

/// <summary>What came out: medians over rounds. Ratios are dynamic ÷ static, each of a round's two.</summary>
internal sealed record ChatFigures(
    string Model, int Threads, int Clients, int Rounds, double Seconds, int Seed, double CapacityPerS, double OfferedPerS,
    BatchingFigures Dynamic, BatchingFigures Static, double TokensRatio, double TtftP90Ratio);
