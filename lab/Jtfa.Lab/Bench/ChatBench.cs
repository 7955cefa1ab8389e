using System.Diagnostics;
using Jtfa.Core;
using Jtfa.Language.Files;
using Jtfa.Language.Serving;
using Jtfa.Language.Tokenizers;

namespace Jtfa.Lab.Bench;

/// <summary>
/// Texts asked for at random times that do not wait for answers (an open loop), served by dynamic and by static batching in turn: the same
/// requests at the same times. The rate is a share of what dynamic batching serves when as many clients ask one text after another.
/// </summary>
internal static class ChatBench
{
    private const int Rounds = 3;
    private const int ShortestPrompt = 16;
    private const int LongestPrompt = 256;
    private const double MeanAnswer = 48;
    private const int LongestAnswer = 192;

    public static async Task<ChatFigures> RunAsync(ChatSettings settings, CancellationToken cancellationToken)
    {
        var requests = Requests(settings);
        var capacity = await CapacityAsync(settings, requests, cancellationToken);
        var rate = settings.Load * capacity;
        var (dynamic, fixedBatches) = (new ChatTotals(), new ChatTotals());
        for (var round = 0; round < Rounds; round++)
        {
            await ServeAsync(settings, Batching.Dynamic, requests, rate, round, dynamic, cancellationToken);
            await ServeAsync(settings, Batching.Static, requests, rate, round, fixedBatches, cancellationToken);
        }

        var (ours, others) = (dynamic.Figures(), fixedBatches.Figures());
        return new ChatFigures(
            settings.Name, settings.Threads, settings.Clients, settings.Requests, capacity, rate, ours, others,
            ours.TokensPerS / others.TokensPerS, ours.TtftP90Ms / others.TtftP90Ms);
    }

    // Of 16 to 256 text tokens, short ones more often; answers of 4 to 192, exponentially distributed.
    private static GenerationRequest[] Requests(ChatSettings settings)
    {
        var random = new Random(3);
        using var file = GgufFile.Open(settings.Path);
        var tokenizer = Tokenizer.Load(file);
        int[] ends = [.. Enumerable.Range(0, tokenizer.VocabularySize).Where(tokenizer.IsEndOfGeneration)];
        var context = file.Metadata.WholeNumber($"{file.Metadata.Get<string>("general.architecture")}.context_length", 1, int.MaxValue);
        var endless = ends.ToDictionary(id => id, _ => double.NegativeInfinity); // answers are as long as was drawn
        return [.. Enumerable.Range(0, settings.Requests).Select(_ =>
        {
            var prompt = (int)(ShortestPrompt * Math.Pow(LongestPrompt / (double)ShortestPrompt, random.NextDouble()));
            var answer = (int)Math.Clamp(-MeanAnswer * Math.Log(1 - random.NextDouble()), 4, LongestAnswer);
            return new GenerationRequest
            {
                Prompt = [.. Enumerable.Range(0, Math.Min(prompt, context / 2)).Select(_ => random.Next(3, tokenizer.VocabularySize))],
                Options = new()
                {
                    MaxTokens = Math.Min(answer, context / 2),
                    Sampling = new() { Temperature = 0.8, TopP = 0.95, Seed = (ulong)random.Next(), LogitBias = endless },
                },
            };
        })];
    }

    // Requests a second that are served when each client asks again as soon as it has its answer.
    private static async Task<double> CapacityAsync(
        ChatSettings settings, GenerationRequest[] requests, CancellationToken cancellationToken)
    {
        using var engine = Engine(settings, Batching.Dynamic);
        foreach (var request in requests.Take(2)) await ReadAsync(engine, request, cancellationToken);
        var next = -1;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, settings.Clients).Select(async _ =>
        {
            while (Interlocked.Increment(ref next) is var i && i < requests.Length) await ReadAsync(engine, requests[i], cancellationToken);
        }));
        return requests.Length / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task ServeAsync(
        ChatSettings settings, Batching batching, GenerationRequest[] requests, double rate, int round, ChatTotals totals,
        CancellationToken cancellationToken)
    {
        using var engine = Engine(settings, batching);
        await ReadAsync(engine, requests[0], cancellationToken);
        var random = new Random(round);
        var (due, started, readers) = (0.0, Stopwatch.GetTimestamp(), new List<Task<GenerationResult>>());
        foreach (var request in requests)
        {
            due -= Math.Log(1 - random.NextDouble()) / rate;
            var wait = TimeSpan.FromSeconds(due) - Stopwatch.GetElapsedTime(started);
            if (wait > TimeSpan.Zero) await Task.Delay(wait, cancellationToken);
            readers.Add(ReadAsync(engine, request, cancellationToken));
        }

        var results = await Task.WhenAll(readers);
        totals.Add(results, Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    private static async Task<GenerationResult> ReadAsync(
        LanguageEngine engine, GenerationRequest request, CancellationToken cancellationToken)
    {
        if (engine.Submit(request) is not Accepted { Stream: var stream })
            throw new InvalidOperationException("The engine found no place for a text, and there is one for each.");
        await foreach (var _ in stream.ReadAllAsync(cancellationToken))
        {
        }

        return await stream.Completion;
    }

    private static LanguageEngine Engine(ChatSettings settings, Batching batching) => LanguageEngine.Load(
        settings.Path, settings.Threads, new EngineOptions
        {
            Model = settings.Name,
            Batching = batching,
            MaxRunning = settings.Clients,
            MaxWaiting = settings.Requests,
            Pages = settings.Clients * (LongestPrompt + LongestAnswer + 16) / 16,
        });

    /// <summary>What all rounds gave.</summary>
    private sealed class ChatTotals
    {
        private readonly PercentileSketch _firstToken = new();
        private readonly PercentileSketch _perToken = new();
        private readonly PercentileSketch _completion = new();
        private long _tokens;
        private double _seconds;

        public void Add(GenerationResult[] results, double seconds)
        {
            _seconds += seconds;
            foreach (var (_, _, statistics) in results)
            {
                _tokens += statistics.CompletionTokens;
                _firstToken.Add(statistics.TimeToFirstToken!.Value.TotalMilliseconds);
                _completion.Add(statistics.JobCompletionTime.TotalMilliseconds);
                if (statistics.TimePerOutputToken is { } time) _perToken.Add(time.TotalMilliseconds);
            }
        }

        public BatchingFigures Figures() => new(
            _tokens / _seconds, _firstToken.Quantile(0.5), _firstToken.Quantile(0.9), _perToken.Quantile(0.5), _perToken.Quantile(0.9),
            _completion.Quantile(0.5), _completion.Quantile(0.9));
    }
}

/// <summary>What is measured.</summary>
/// <param name="Path">The model's file.</param>
/// <param name="Name">Its name.</param>
/// <param name="Threads">Threads that compute.</param>
/// <param name="Clients">Texts that run together at most.</param>
/// <param name="Requests">Texts of a round.</param>
/// <param name="Load">Requests a second, as a share of what is served in a closed loop.</param>
internal sealed record ChatSettings(string Path, string Name, int Threads, int Clients, int Requests, double Load);

/// <summary>One kind of batching.</summary>
internal sealed record BatchingFigures(
    double TokensPerS, double TtftP50Ms, double TtftP90Ms, double TpotP50Ms, double TpotP90Ms, double JctP50Ms, double JctP90Ms);

/// <summary>What came out. Ratios are dynamic ÷ static.</summary>
internal sealed record ChatFigures(
    string Model, int Threads, int Clients, int Requests, double CapacityPerS, double OfferedPerS, BatchingFigures Dynamic,
    BatchingFigures Static, double TokensRatio, double TtftP90Ratio);
