using System.Net;
using Jtfa.Client;
using Jtfa.Core;
using Jtfa.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Streams;

namespace Jtfa.Lab.Bench;

/// <summary>What an outside subscriber of a scene's stream got.</summary>
/// <param name="Decisions">Decisions.</param>
/// <param name="P99Ms">From the token that made a window fire by K → this program has the decision, milliseconds.</param>
internal sealed record StreamLoad(long Decisions, double P99Ms);

/// <summary>Subscribes to a scene's Orleans stream as a client of the cluster.</summary>
internal static class StreamSubscriber
{
    /// <summary>Counts from the first line of standard input until its end.</summary>
    public static async Task<StreamLoad> RunAsync(string gateway, string scene, string clientSecret, CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = ("jtfa", "jtfa"));
            client.UseStaticClustering(IPEndPoint.Parse(gateway));
            client.UseJtfaClientSecret(clientSecret);
            client.AddMemoryStreams(JtfaNames.Streams);
        });
        using var host = builder.Build();
        await host.StartAsync(cancellationToken);
        var (gate, sketch, counts) = (new Lock(), new PercentileSketch(), false);
        var stream = host.Services.GetRequiredService<IClusterClient>().GetStreamProvider(JtfaNames.Streams)
            .GetStream<Decision>(JtfaNames.DecisionStream(scene));
        await stream.SubscribeAsync((decision, _) =>
        {
            var seconds = TimeProvider.System.UnixSeconds() - decision.DueAt;
            lock (gate)
            {
                if (counts && decision.Cause == FireCause.K) sketch.Add(Math.Max(0, seconds));
            }

            return Task.CompletedTask;
        });
        await Console.In.ReadLineAsync(cancellationToken);
        lock (gate) counts = true;
        await Console.In.ReadToEndAsync(cancellationToken);
        await host.StopAsync(CancellationToken.None);
        lock (gate) return new StreamLoad(sketch.Count, sketch.Count > 0 ? sketch.Quantile(0.99) * 1000 : double.NaN);
    }
}
