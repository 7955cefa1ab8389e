using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Jtfa.Core;

namespace Jtfa.Lab.Bench;

/// <summary>
/// Sends decisions' tokens at a steady rate. Vectors are encoded beforehand; each packet is written afresh with its own time.
/// Every decision has a class, and its tokens are that class's axis with noise, so that the right decision is known.
/// </summary>
internal static class LoadSender
{
    private const int Pool = 4096;

    public static SentLoad Run(
        string gateway, double width, IngestSettings settings, LoadSigner? signer, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { SendBufferSize = 4 << 20 };
        socket.Connect(IPEndPoint.Parse(gateway));
        var array = settings.Wire == 2 ? new ArrayLoad(settings.Mode, settings.Quantiser) : null;
        var pool = array is null ? EncodePool(settings.Mode) : [];
        var thin = new Random(7);
        var packet = new byte[TokenPacket.MaxDatagramBytes];
        var (sent, decisions) = (0L, 0L);
        var clock = Stopwatch.StartNew();
        var decision = (long)(TimeProvider.System.UnixSeconds() / width) + 1;
        while (clock.Elapsed.TotalSeconds < settings.Seconds && !cancellationToken.IsCancellationRequested)
        {
            // All that is due by now, then sleep: the load comes in bursts of about a millisecond, as cameras' does.
            var due = (long)(TimeProvider.System.UnixSeconds() / width);
            if (due < decision && settings.Rate is not null)
            {
                Thread.Sleep(1);
                continue;
            }

            // At the greatest rate decisions that were missed are skipped; none is sent before its time.
            if (settings.Rate is null) decision = Math.Max(decision, due);
            while (decision <= due)
            {
                var views = thin.NextDouble() < settings.Thin ? IngestSettings.K - 1 : IngestSettings.N;
                for (var view = 0; view < views; view++)
                {
                    var label = (int)(decision % IngestSettings.Classes);
                    var sequence = signer?.NextSequence(view);
                    var length = array is null
                        ? Write(
                            pool, settings.Mode, decision, view, label, decision * width, [], packet, sequence: sequence,
                            epoch: signer?.Epoch)
                        : array.Write(
                            decision, view, label, decision * width, (uint)(sequence ?? decisions), signer?.Epoch, packet);
                    signer?.Sign(view, packet.AsSpan(0, length));
                    socket.Send(packet.AsSpan(0, length));
                }

                (sent, decisions, decision) = (sent + views, decisions + 1, decision + 1);
            }
        }

        return new SentLoad(sent, decisions, clock.Elapsed.TotalSeconds, Environment.CpuUsage.TotalTime.TotalSeconds);
    }

    /// <summary>The head that decides what the sender means: class c is the axis c.</summary>
    public static void WriteHead(string path)
    {
        var weights = new float[IngestSettings.Classes * IngestSettings.Dimension];
        for (var c = 0; c < IngestSettings.Classes; c++) weights[(c * IngestSettings.Dimension) + c] = 1;
        Npz.Write(path, new Dictionary<string, NpyArray>
        {
            ["W"] = NpyArray.FromSingles(weights, IngestSettings.Classes, IngestSettings.Dimension),
            ["b"] = NpyArray.FromSingles(new float[IngestSettings.Classes], IngestSettings.Classes),
        });
    }

    /// <summary>
    /// Writes a packet; which token of its class follows from the decision and the view, so that views differ in their noise.
    /// </summary>
    public static int Write(
        EncodedToken[] pool, TokenEncoding mode, long decision, int view, int label, double timestamp, ReadOnlySpan<byte> scene,
        Span<byte> packet, long? did = null, long? sequence = null, uint? epoch = null)
    {
        var token = pool[TokenOf(decision, view, label)];
        return PacketCodec.Write(
            new TokenPacket
            {
                Timestamp = timestamp,
                View = view,
                Encoding = mode,
                Seed = token.Seed,
                Scale = token.Scale,
                Values = token.Values,
                Label = label,
                Scene = scene,
                DecisionId = did,
                Sequence = sequence,
                Epoch = epoch,
            },
            packet);
    }

    /// <summary>Which token of a class a decision and a view have.</summary>
    public static int TokenOf(long decision, int view, int label) =>
        (int)((decision + (view * 977)) % (Pool / IngestSettings.Classes) * IngestSettings.Classes) + label;

    /// <summary>Tokens of every class, not encoded.</summary>
    public static float[][] Vectors()
    {
        var random = new Random(1);
        var vectors = new float[Pool][];
        for (var i = 0; i < Pool; i++)
        {
            var vector = vectors[i] = new float[IngestSettings.Dimension];
            for (var j = 0; j < vector.Length; j++) vector[j] = ((float)random.NextDouble() - 0.5f) * 0.5f;
            vector[i % IngestSettings.Classes] += 3;
        }

        return vectors;
    }

    /// <summary>Tokens of every class, encoded.</summary>
    public static EncodedToken[] EncodePool(TokenEncoding mode)
    {
        var random = new Random(2);
        var pool = new EncodedToken[Pool];
        foreach (var (i, vector) in Vectors().Index())
        {
            var values = new sbyte[vector.Length];
            var seed = (uint)random.NextInt64(1L << 32);
            pool[i] = new EncodedToken(seed, TokenCodec.Encode(vector, mode, seed, values), values);
        }

        return pool;
    }

    /// <summary>An encoded token.</summary>
    public readonly record struct EncodedToken(uint Seed, double Scale, sbyte[] Values);
}
