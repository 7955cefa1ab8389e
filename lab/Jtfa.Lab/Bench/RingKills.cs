using System.Collections.Concurrent;
using System.Diagnostics;
using Jtfa.Experiments.Nodes;
using Jtfa.Experiments.Statistics;
using Jtfa.Interfaces;
using Jtfa.Language.Decoding;
using Jtfa.Language.Generation;
using Jtfa.Language.Serving;
using Jtfa.Language.Weights;
using Jtfa.Testbed.Hosts;
using Microsoft.Extensions.DependencyInjection;

namespace Jtfa.Lab.Bench;

/// <summary>
/// A model on three of four silos, the starter in this process, and eight texts under way all the time, greedy ones and sampled ones.
/// Again and again one of the other silos is killed or stands still at a random moment, is given up, and comes back as a new process. Each
/// text is compared with what an engine says that has the whole model.
/// </summary>
internal sealed class RingKills : IAsyncDisposable
{
    private const int Texts = 8;
    private const int Others = 3; // two have stages, one is there in case of need
    private const int PiecesAfterFault = 20; // more than are on their way when it happens
    private const int Blocks = 6;
    private static readonly TimeSpan s_longestCalm = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_longestRecovery = TimeSpan.FromMinutes(1);

    private readonly RingKillSettings _settings;
    private readonly Action<string> _tell;
    private readonly RingGroup _group = new();
    private readonly RingPart _part;
    private readonly int[] _ports = [.. Enumerable.Range(0, 1 + Others).Select(_ => FreePorts.Next())];
    private readonly ConcurrentDictionary<int, Process> _up = [];
    private readonly List<Task> _starting = [];
    private readonly KilledText[] _texts;
    private int _generations;
    private int _lost;
    private int _changed;
    private int _refused;
    private bool _isOver;

    private RingKills(RingKillSettings settings, Action<string> tell)
    {
        (_settings, _tell) = (settings, tell);
        var shape = LanguageShape.All.First(known => known.Blocks == Blocks);
        _part = new RingPart(shape.Prepare(WeightFormat.Find("Q4_0")!), [2, 2, 2], 1, settings.Tokens) { Wire = "F32" };
        _texts = [.. Enumerable.Range(0, Texts).Select(i => new KilledText(i))];
    }

    public static async Task<RingKillFigures> RunAsync(
        RingKillSettings settings, Action<string> tell, CancellationToken cancellationToken)
    {
        await using var run = new RingKills(settings, tell);
        return await run.RunAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_starting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var silo in _up.Values) await EndAsync(silo);
        _group.Dispose();
    }

    private async Task<RingKillFigures> RunAsync(CancellationToken stop)
    {
        var expected = await ExpectedAsync(stop);
        using var host = await RingSilo.StartAsync(_group.SettingsOf(_part, 0, _ports, _ports[0]), stop);
        await Task.WhenAll(Enumerable.Range(1, Others).Select(silo => StartAsync(silo, stop)));
        var grains = host.Services.GetRequiredService<IGrainFactory>();
        await RingSilo.LoadAsync(grains, 1 + Others, stop);
        var clock = host.Services.GetRequiredService<TimeProvider>();
        var reading = Task.WhenAll(_texts.Select((text, i) => ReadAgainAndAgainAsync(grains, clock, text, expected[i], stop)));
        var (random, pauses, killed) = (new Random(_settings.Seed), new List<double>(), 0);
        for (var fault = 0; fault < _settings.Kills; fault++)
        {
            await Task.Delay(s_longestCalm * random.NextDouble(), stop);
            while (_up.Count < Others - 1) await Task.Delay(s_look, stop);
            if (reading.IsCompleted) await reading;
            var (number, silo) = _up.OrderBy(one => one.Key).ElementAt(random.Next(_up.Count));
            var isKill = random.Next(2) == 0;
            if (isKill) killed++;
            var pause = await FaultAsync(number, silo, isKill, stop);
            pauses.Add(pause);
            var what = isKill ? "killed" : "stands still";
            _tell(FormattableString.Invariant($"{fault + 1}: silo {number} {what}, pause {pause:F2} s; {_generations} texts"));
        }

        _isOver = true;
        await reading;
        await Task.WhenAll(_starting);
        await host.StopAsync(CancellationToken.None);
        pauses.Sort();
        return new(
            _settings.Kills, killed, _generations, _lost, _changed, _refused, Quantiles.OfSorted(pauses, 0.5),
            Quantiles.OfSorted(pauses, 0.99), pauses[^1]);
    }

    // Returns the longest pause of a text, seconds.
    private async Task<double> FaultAsync(int number, Process silo, bool isKill, CancellationToken stop)
    {
        _up.TryRemove(number, out _);
        foreach (var text in _texts) text.Reset();
        if (isKill) silo.Kill();
        else ProcessSignal.Pause(silo.Id);
        for (var began = Stopwatch.GetTimestamp(); !Array.TrueForAll(_texts, text => text.Pieces >= PiecesAfterFault);)
        {
            await Task.Delay(s_look, stop);
            if (Stopwatch.GetElapsedTime(began) > s_longestRecovery)
                throw new InvalidOperationException($"Texts stand still for {s_longestRecovery} after a fault of silo {number}.");
        }

        await EndAsync(silo);
        _starting.RemoveAll(starting => starting.IsCompletedSuccessfully);
        _starting.Add(StartAsync(number, stop));
        return _texts.Max(text => text.LongestPause).TotalSeconds;
    }

    private async Task StartAsync(int number, CancellationToken stop)
    {
        var silo = BenchProcess.Start(_group.SettingsOf(_part, number, _ports, _ports[number]).Arguments);
        try
        {
            if (await silo.StandardOutput.ReadLineAsync(stop) != RingSilo.Up)
                throw new InvalidOperationException($"Silo {number} did not come up.");
        }
        catch
        {
            await EndAsync(silo);
            throw;
        }

        _up[number] = silo;
    }

    private static async Task EndAsync(Process silo)
    {
        silo.Kill();
        await silo.WaitForExitAsync(CancellationToken.None);
        silo.Dispose();
    }

    private async Task ReadAgainAndAgainAsync(
        IGrainFactory grains, TimeProvider clock, KilledText text, int[] expected, CancellationToken stop)
    {
        while (!_isOver)
        {
            var generation = grains.GetGrain<IGenerationGrain>($"{RingSilo.Model}/{Guid.NewGuid():N}");
            try
            {
                var start = await generation.StartAsync(text.Request(_settings.Tokens), stop);
                if (start.Answer != TextAnswer.Accepted) throw new TimeoutException(start.Fault);
            }
            catch (Exception fault) when (GrainCalls.IsAway(fault))
            {
                Interlocked.Increment(ref _refused);
                continue;
            }

            await ReadAsync(generation, clock, text, expected, stop);
        }
    }

    private async Task ReadAsync(
        IGenerationGrain generation, TimeProvider clock, KilledText text, int[] expected, CancellationToken stop)
    {
        List<int> tokens = [];
        try
        {
            text.Begin();
            await foreach (var piece in generation.ReadAllAsync(clock, cancellationToken: stop))
            {
                if (piece.End is { Fault: { } fault }) throw new TimeoutException(fault);
                if (piece.Token is not { } token) continue;
                tokens.Add(token);
                text.Add();
            }
        }
        catch (Exception fault) when (GrainCalls.IsAway(fault))
        {
            Interlocked.Increment(ref _lost);
            _tell($"A text is lost after {tokens.Count} text tokens: {fault.Message}");
            return;
        }

        Interlocked.Increment(ref _generations);
        if (!tokens.SequenceEqual(expected)) Interlocked.Increment(ref _changed);
    }

    // Of an engine that has all blocks.
    private async Task<int[][]> ExpectedAsync(CancellationToken stop)
    {
        using var engine = LanguageEngine.Load(_part.File, 1, new EngineOptions { Model = "alone" });
        return await Task.WhenAll(_texts.Select(async text =>
        {
            var request = text.Request(_settings.Tokens);
            var accepted = (Accepted)engine.Submit(new GenerationRequest
            {
                Prompt = request.PromptTokens!,
                Options = new GenerationOptions
                {
                    MaxTokens = _settings.Tokens,
                    Sampling = new SamplingOptions
                    {
                        Temperature = request.Temperature!.Value,
                        Seed = request.Seed,
                        LogitBias = request.LogitBias,
                    },
                },
            });
            List<int> tokens = [];
            await foreach (var piece in accepted.Stream.ReadAllAsync(stop))
                if (piece.Token is { } token) tokens.Add(token);
            return tokens.ToArray();
        }));
    }

    /// <summary>One of the texts that are under way all the time, and its longest pause after the last fault.</summary>
    private sealed class KilledText(int number)
    {
        private readonly Lock _gate = new();
        private long _last;
        private TimeSpan _longest;
        private int _pieces;

        public int Pieces
        {
            get
            {
                lock (_gate) return _pieces;
            }
        }

        public TimeSpan LongestPause
        {
            get
            {
                lock (_gate) return _longest;
            }
        }

        public TextRequest Request(int tokens) => new()
        {
            Model = RingSilo.Model,
            PromptTokens = [1, .. Enumerable.Range(260 + number, 15)],
            MaxTokens = tokens,
            Temperature = number % 2,
            Seed = (ulong)number,
            LogitBias = new() { [2] = -1000 },
        };

        public void Begin()
        {
            lock (_gate) _last = Stopwatch.GetTimestamp();
        }

        public void Add()
        {
            lock (_gate)
            {
                if (Stopwatch.GetElapsedTime(_last) is var pause && pause > _longest) _longest = pause;
                (_last, _pieces) = (Stopwatch.GetTimestamp(), _pieces + 1);
            }
        }

        public void Reset()
        {
            lock (_gate) (_longest, _pieces) = (TimeSpan.Zero, 0);
        }
    }
}

/// <summary>What is done.</summary>
/// <param name="Kills">Kills and freezes.</param>
/// <param name="Tokens">Text tokens of each text.</param>
/// <param name="Seed">Of the faults.</param>
internal sealed record RingKillSettings(int Kills, int Tokens, int Seed);

/// <summary>What came of it.</summary>
/// <param name="Faults">Kills and freezes.</param>
/// <param name="Killed">Of these, kills.</param>
/// <param name="Generations">Texts that came to their end.</param>
/// <param name="Lost">Texts that did not.</param>
/// <param name="Changed">Texts that differ from those of the whole model.</param>
/// <param name="Refused">Texts that were not begun, since a silo did not answer: asked for again.</param>
/// <param name="PauseP50S">After each fault, the longest time without a text token of any text: their median.</param>
/// <param name="PauseP99S">99 of 100 are shorter.</param>
/// <param name="PauseMaxS">The longest.</param>
internal sealed record RingKillFigures(
    int Faults, int Killed, int Generations, int Lost, int Changed, int Refused, double PauseP50S, double PauseP99S,
    double PauseMaxS);
