using System.Diagnostics;
using System.Runtime.InteropServices;
using Jtfa.Language.Caches;
using Jtfa.Language.Files;
using Jtfa.Language.Models;
using Jtfa.Language.Weights;
using LLama;
using LLama.Common;
using LLama.Native;

namespace Jtfa.Lab.Bench;

/// <summary>One model of random weights in this engine, and beside it, in turn, in llama.cpp.</summary>
internal static class LanguageBench
{
    private const int Rounds = 3;

    public static LanguageFigures Run(LanguageSettings settings)
    {
        var path = settings.Model ?? settings.Shape.Prepare(settings.Format);
        var bandwidth = MemoryBandwidth.Measure(settings.Threads);
        var started = Stopwatch.GetTimestamp();
        using var model = LanguageModel.Load(path, settings.Threads);
        var load = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var pages = (settings.Prompt + settings.Tokens + PagePool.PageTokens) / PagePool.PageTokens;
        using var pool = model.CreatePool(CacheFormat.F16, (pages + 1) * Math.Max(1, settings.Sequences));
        var resident = Environment.WorkingSet / 1e6;
        var (ours, peers) = (new List<(double Prefill, double Decode)>(), new List<(double Prefill, double Decode)>());
        using var peer = settings.Peer ? new LlamaCppRun(path, settings) : null;
        for (var round = 0; round < Rounds; round++)
        {
            ours.Add(Measure(model, pool, settings));
            if (peer is not null) peers.Add(peer.Measure(settings));
        }

        var (prefill, decode) = (ours.Max(figures => figures.Prefill), ours.Max(figures => figures.Decode));
        var peerPrefill = peers.Select(figures => figures.Prefill).DefaultIfEmpty().Max();
        var peerDecode = peers.Select(figures => figures.Decode).DefaultIfEmpty().Max();

        // Embeddings are looked up, all else is read for each text token.
        long embeddings;
        using (var file = GgufFile.Open(path)) embeddings = file.Find(model.Architecture.Tensors.Embedding + ".weight")?.Bytes ?? 0;
        var bytes = model.Bytes - embeddings;
        return new LanguageFigures(
            settings.Model ?? settings.Shape.Name, settings.Model is null ? settings.Format.Name : null,
            settings.Threads, settings.Sequences, load, resident, prefill, decode, peer?.Name, peerPrefill, peerDecode,
            peer is null ? 0 : prefill / peerPrefill, peer is null ? 0 : decode / peerDecode,
            bytes * decode / settings.Sequences, bandwidth);
    }

    private static (double Prefill, double Decode) Measure(LanguageModel model, PagePool pool, LanguageSettings settings)
    {
        var random = new Random(2);
        var sequences = Enumerable.Range(0, settings.Sequences).Select(_ => new CachedSequence(pool)).ToArray();
        int[] prompt = [.. Enumerable.Range(0, settings.Prompt).Select(_ => random.Next(LeastToken(model.Vocabulary), model.Vocabulary))];
        var logits = new float[settings.Sequences * model.Vocabulary];
        var batch = new Batch();
        var prefill = 0.0;
        foreach (var sequence in sequences)
        {
            var start = Stopwatch.GetTimestamp();
            batch.Clear();
            batch.TryAdd(sequence, prompt);
            var hidden = model.Forward(batch);
            model.Logits(hidden[^model.Sizes.Width..], 1, logits);
            prefill = settings.Prompt / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        var next = new int[settings.Sequences];
        var decoding = Stopwatch.GetTimestamp();
        for (var step = 0; step < settings.Tokens; step++)
        {
            batch.Clear();
            for (var i = 0; i < sequences.Length; i++) batch.TryAdd(sequences[i], next.AsSpan(i, 1));
            var hidden = model.Forward(batch);
            model.Logits(hidden, sequences.Length, logits);
            Array.Fill(next, Next(step, model.Vocabulary));
        }

        var decode = settings.Tokens * sequences.Length / Stopwatch.GetElapsedTime(decoding).TotalSeconds;
        foreach (var sequence in sequences) sequence.Dispose();
        return (prefill, decode);
    }

    // A text token that is neither structure nor a byte, where there are enough others.
    private static int LeastToken(int vocabulary) => vocabulary > 300 ? 259 : 0;

    private static int Next(int step, int vocabulary) =>
        LeastToken(vocabulary) + (step * 31 % (vocabulary - LeastToken(vocabulary)));

    /// <summary>The same in llama.cpp.</summary>
    private sealed class LlamaCppRun : IDisposable
    {
        private readonly LLamaWeights _weights;
        private readonly LLamaContext _context;
        private readonly int _vocabulary;

        public LlamaCppRun(string path, LanguageSettings settings)
        {
            NativeLibraryConfig.All.WithLogCallback((_, _) => { });
            var parameters = new ModelParams(path)
            {
                ContextSize = (uint)(settings.Prompt + settings.Tokens + 16),
                GpuLayerCount = 0,
                Threads = settings.Threads,
                BatchThreads = settings.Threads,
                BatchSize = 512,
                UBatchSize = 512,
            };
            _weights = LLamaWeights.LoadFromFile(parameters);
            _context = _weights.CreateContext(parameters);
            _vocabulary = _weights.Vocab.Count;
        }

        public string Name { get; } = $"llama.cpp by LLamaSharp {typeof(LLamaWeights).Assembly.GetName().Version?.ToString(3)}, "
            + $"{RuntimeInformation.ProcessArchitecture}{(System.Runtime.Intrinsics.X86.Avx512F.IsSupported ? ", AVX-512" : "")}";

        public (double Prefill, double Decode) Measure(LanguageSettings settings)
        {
            _context.NativeHandle.MemoryClear();
            var random = new Random(2);
            var batch = new LLamaBatch();
            for (var i = 0; i < settings.Prompt; i++)
                batch.Add(random.Next(LeastToken(_vocabulary), _vocabulary), i, LLamaSeqId.Zero, logits: i == settings.Prompt - 1);
            var start = Stopwatch.GetTimestamp();
            Check(_context.Decode(batch));
            var prefill = settings.Prompt / Stopwatch.GetElapsedTime(start).TotalSeconds;
            start = Stopwatch.GetTimestamp();
            for (var step = 0; step < settings.Tokens; step++)
            {
                batch.Clear();
                batch.Add(Next(step, _vocabulary), settings.Prompt + step, LLamaSeqId.Zero, logits: true);
                Check(_context.Decode(batch));
            }

            return (prefill, settings.Tokens / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        public void Dispose()
        {
            _context.Dispose();
            _weights.Dispose();
        }

        private static void Check(DecodeResult result)
        {
            if (result != DecodeResult.Ok) throw new InvalidOperationException($"llama.cpp refused a batch: {result}");
        }
    }
}

/// <summary>What is measured.</summary>
internal sealed record LanguageSettings(
    string? Model, LanguageShape Shape, WeightFormat Format, int Threads, int Prompt, int Tokens, int Sequences, bool Peer);

/// <summary>What came out. Ratios are ours ÷ llama.cpp's, 0 where that was not asked.</summary>
internal sealed record LanguageFigures(
    string Shape, string? Type, int Threads, int Sequences, double LoadS, double RssMb, double PrefillTokensPerS, double DecodeTokensPerS,
    string? Peer, double PeerPrefillTokensPerS, double PeerDecodeTokensPerS, double PrefillRatio, double DecodeRatio, double BytesPerS,
    double ReadBandwidthBytesPerS);
