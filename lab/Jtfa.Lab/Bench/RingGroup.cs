using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Jtfa.Experiments.Nodes;
using Jtfa.Testbed.Hosts;
using Jtfa.Testbed.Links;

namespace Jtfa.Lab.Bench;

/// <summary>Silos of <c>jtfa bench ring</c> as processes of their own.</summary>
internal sealed class RingGroup : IDisposable
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("jtfa-bench-");
    private readonly string _secret = Convert.ToHexString(RandomNumberGenerator.GetBytes(32));
    private int _logs;

    /// <summary>What a silo of a part is told.</summary>
    /// <param name="part">The part.</param>
    /// <param name="stage">Its number; one that the part has no blocks for is there in case another is lost.</param>
    /// <param name="ports">Where the others reach each silo.</param>
    /// <param name="listen">Where it listens.</param>
    public RingSiloSettings SettingsOf(RingPart part, int stage, IReadOnlyList<int> ports, int listen) => new(
        RingSilo.NameOf(stage), ports[stage], listen, ports[0], _secret, part.File, part.Blocks, part.Wire,
        Path.Combine(_folder.FullName, string.Create(CultureInfo.InvariantCulture, $"{Interlocked.Increment(ref _logs)}.db")),
        stage == 0 ? part.Sequences : 0, part.Tokens, part.IsForecast);

    /// <summary>Starts the silos of a part, has the starter measure, and ends them.</summary>
    public async Task<RingRun> RunAsync(RingPart part, CancellationToken cancellationToken)
    {
        List<Process> silos = [];
        List<DelayedPort> links = [];
        try
        {
            int[] listen = [.. part.Blocks.Select(_ => FreePorts.Next())];
            if (part.Link is { } link)
            {
                links.AddRange(listen.Select(
                    (port, silo) => new DelayedPort(new IPEndPoint(IPAddress.Loopback, port), link, part.Seed + (ulong)silo)));
            }

            int[] ports = links.Count > 0 ? [.. links.Select(port => port.Port)] : listen;
            for (var stage = 0; stage < ports.Length; stage++)
                silos.Add(BenchProcess.Start(SettingsOf(part, stage, ports, listen[stage]).Arguments));
            await using var cycle = new DutyCycle([.. silos.Select(silo => silo.Id)], part.Share);
            var measured = MeasuredAsync(silos, links, cancellationToken);
            var rss = new double[silos.Count];
            while (await Task.WhenAny(measured, Task.Delay(s_look, cancellationToken)) != measured)
            {
                cancellationToken.ThrowIfCancellationRequested();
                for (var stage = 0; stage < rss.Length; stage++)
                {
                    silos[stage].Refresh();
                    if (!silos[stage].HasExited) rss[stage] = Math.Max(rss[stage], silos[stage].WorkingSet64 / 1e6);
                }
            }

            return await measured with { RssMb = rss };
        }
        finally
        {
            foreach (var silo in silos)
            {
                silo.Kill();
                await silo.WaitForExitAsync(CancellationToken.None);
                silo.Dispose();
            }

            foreach (var link in links) await link.DisposeAsync();
        }
    }

    /// <summary>Removes the silos' files.</summary>
    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task<RingRun> MeasuredAsync(List<Process> silos, List<DelayedPort> links, CancellationToken cancellationToken)
    {
        var output = silos[0].StandardOutput;
        if (await output.ReadLineAsync(cancellationToken) != RingSilo.Measures)
            throw new InvalidOperationException("The starter ended before it measured anything.");
        double[] Cpu() => [.. silos.Select(silo => silo.TotalProcessorTime.TotalSeconds)];
        long Bytes() => links.Sum(link => link.Bytes);
        var (cpu, bytes, began) = (Cpu(), Bytes(), Stopwatch.GetTimestamp());
        var line = await output.ReadLineAsync(cancellationToken)
            ?? throw new InvalidOperationException("The starter reported nothing.");
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        return JsonSerializer.Deserialize<RingRun>(line, RingSilo.Json)! with
        {
            Busy = [.. Cpu().Zip(cpu, (now, before) => (now - before) / seconds)],
            LinkBytes = Bytes() - bytes,
        };
    }
}

/// <summary>One measurement.</summary>
/// <param name="File">The model.</param>
/// <param name="Blocks">Blocks of each silo, the starter's first.</param>
/// <param name="Sequences">Texts at once.</param>
/// <param name="Tokens">Text tokens of each.</param>
internal sealed record RingPart(string File, int[] Blocks, int Sequences, int Tokens)
{
    /// <summary>Of a core that each silo may have.</summary>
    public double Share { get; init; } = 1;

    /// <summary>Whether the plan's forecast is asked for, which takes some seconds and memory.</summary>
    public bool IsForecast { get; init; }

    /// <summary>How hidden states travel.</summary>
    public string Wire { get; init; } = "F16";

    /// <summary>The link to each silo; null: the loopback alone.</summary>
    public LinkProfile? Link { get; init; }

    /// <summary>Seed of the links.</summary>
    public ulong Seed { get; init; }
}
