using System.Diagnostics;
using System.Net;
using Jtfa.Core;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Runtime.Placement;

namespace Jtfa.Lab.Bench;

/// <summary>
/// What a call of a lane costs on the gateway's own silo and on another: two silos in this process, which Orleans joins by TCP on loopback.
/// Tokens are second tokens of one view, so that a lane does next to nothing with them.
/// </summary>
internal static class LanesBench
{
    private const string Scene = "bench";
    private const int UnderWay = 8;
    private static readonly int[] s_tokens = [1, 16, 64];

    public static async Task<IReadOnlyList<LaneCalls>> RunAsync(double seconds, CancellationToken cancellationToken)
    {
        var primary = new IPEndPoint(IPAddress.Loopback, SiloBeside.FreePort());
        using var gateway = await StartAsync(primary.Port, primary, cancellationToken);
        using var other = await StartAsync(SiloBeside.FreePort(), primary, cancellationToken);
        var results = new List<LaneCalls>();
        foreach (var (number, silo) in new[] { gateway, other }.Index())
        {
            var lane = await PlaceAsync(gateway, number, AddressOf(silo), cancellationToken);
            foreach (var tokens in s_tokens)
            {
                var batch = BatchOf(tokens);
                await CallAsync(lane, batch, seconds / 2, cancellationToken); // compiles
                results.Add(await MeasureAsync(lane, batch, isRemote: number == 1, tokens, seconds, cancellationToken));
            }
        }

        await other.StopAsync(CancellationToken.None);
        await gateway.StopAsync(CancellationToken.None);
        return results;
    }

    private static async Task<LaneCalls> MeasureAsync(
        IFusionWindowGrain lane, TokenBatch batch, bool isRemote, int tokens, double seconds, CancellationToken cancellationToken)
    {
        var latencies = await CallAsync(lane, batch, seconds, cancellationToken);
        latencies.Sort();
        var (cpu, start) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        var calls = await Task.WhenAll(Enumerable.Range(0, UnderWay).Select(_ => CallAsync(lane, batch, seconds, cancellationToken)));
        var (count, elapsed) = (calls.Sum(one => one.Count), Stopwatch.GetElapsedTime(start));
        return new LaneCalls(
            isRemote, tokens, latencies[latencies.Count / 2], latencies[latencies.Count * 99 / 100], count / elapsed.TotalSeconds,
            (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / count);
    }

    // One call after the other, each one's time in microseconds.
    private static async Task<List<double>> CallAsync(
        IFusionWindowGrain lane, TokenBatch batch, double seconds, CancellationToken cancellationToken)
    {
        var latencies = new List<double>();
        for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start).TotalSeconds < seconds;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var call = Stopwatch.GetTimestamp();
            await lane.AddAsync(batch);
            latencies.Add(Stopwatch.GetElapsedTime(call).TotalMicroseconds);
        }

        return latencies;
    }

    // No gateway is named in a batch, so that the lane stays where it is put.
    private static TokenBatch BatchOf(int tokens)
    {
        var block = new byte[TokenBlock.Size(IngestSettings.Dimension, tokens)];
        TokenBlock.Begin(block, IngestSettings.Dimension, tokens);
        var header = new TokenHeader { Decision = 1, ReceivedAt = TimeProvider.System.UnixSeconds(), Scale = 1, Label = -1, Quality = 1 };
        for (var i = 0; i < tokens; i++) TokenBlock.Write(block, i, header, new sbyte[IngestSettings.Dimension]);
        return new TokenBatch(new ScenePolicy(), block);
    }

    private static async Task<IFusionWindowGrain> PlaceAsync(
        IHost gateway, int number, SiloAddress silo, CancellationToken cancellationToken)
    {
        var grains = gateway.Services.GetRequiredService<IGrainFactory>();
        var management = grains.GetGrain<IManagementGrain>(0);
        while ((await management.GetHosts(onlyActive: true, cancellationToken)).Count < 2) await Task.Delay(100, cancellationToken);
        var lane = grains.GetGrain<IFusionWindowGrain>($"{Scene}/{number}");
        RequestContext.Set(IPlacementDirector.PlacementHintKey, silo);
        await lane.AddAsync(BatchOf(1));
        RequestContext.Clear();
        var place = await management.GetActivationAddress(lane, cancellationToken);
        return silo.Equals(place) ? lane : throw new InvalidOperationException($"The lane is on {place}, not on {silo}.");
    }

    private static SiloAddress AddressOf(IHost silo) => silo.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;

    private static async Task<IHost> StartAsync(int port, IPEndPoint primary, CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(port, gatewayPort: 0, primary);
            silo.AddMemoryGrainStorage(JtfaNames.Storage).AddMemoryGrainStorage("PubSubStore").AddMemoryStreams(JtfaNames.Streams);
            var (classes, dimension) = (IngestSettings.Classes, IngestSettings.Dimension);
            var head = new FusionHead(new float[classes * dimension], classes, dimension, new float[classes]);
            silo.Services.AddSingleton(new SceneCatalog([new SceneDefinition(Scene, new ScenePolicy(), head, [])]));
            silo.Services.AddSingleton<LocalActivations>().AddSingleton(new StreamAgents(alwaysRead: true));
            silo.Services.AddSingleton<IDecisionLog, NoLog>().AddSingleton(TimeProvider.System).AddSingleton<WallClock>();
        });
        var host = builder.Build();
        await host.StartAsync(cancellationToken);
        return host;
    }

    private sealed class NoLog : IDecisionLog
    {
        public ValueTask AppendAsync(Decision decision) => ValueTask.CompletedTask;

        public void Append(SceneMinute minute)
        {
        }

        public Task<SceneHistory> GetHistoryAsync(string scene, CancellationToken cancellationToken) =>
            Task.FromResult(new SceneHistory(default, [], []));

        public Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>What calls of a lane cost.</summary>
/// <param name="IsRemote">Whether the lane is on another silo than the caller.</param>
/// <param name="TokensPerCall">Tokens in each call.</param>
/// <param name="P50Micros">Time of a call, one after the other, microseconds, median.</param>
/// <param name="P99Micros">Of these, the 99th percentile.</param>
/// <param name="CallsPerSecond">Calls a second where eight are under way at a time.</param>
/// <param name="CpuMicrosPerCall">CPU of both silos a call meanwhile, microseconds.</param>
internal sealed record LaneCalls(
    bool IsRemote, int TokensPerCall, double P50Micros, double P99Micros, double CallsPerSecond, double CpuMicrosPerCall);
