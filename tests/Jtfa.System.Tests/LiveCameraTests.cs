using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Jtfa.System.Tests.Stage;
using Jtfa.Testing.Cameras;

namespace Jtfa.System.Tests;

/// <summary>A network camera that goes away and comes back, as seen by a silo and by <c>jtfa camera</c>.</summary>
public sealed partial class LiveCameraTests : IDisposable
{
    private const double Slack = 2; // seconds, beyond the wait until the next try

    private readonly Workspace _workspace = new();
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 900_000)]
    public async Task A_camera_that_is_killed_at_random_decides_again_within_its_wait_and_leaves_nothing_behind()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It reads /proc.");
        await using var camera = new MjpegCamera(await JpegPictures.MakeAsync("testsrc=size=320x240", 10));
        await using var silo = await StartSiloAsync(camera.Address);
        await DecisionRows.ReachAsync(_workspace, 10);
        var random = new Random(13);
        var (kills, outages, clock) = (LongForm.IsAsked ? 50 : 3, 0, Stopwatch.StartNew());
        var (began, flowed, slowest) = (TimeSpan.Zero, TimeSpan.FromSeconds(60), TimeSpan.Zero);
        ProcessFigures? first = null;
        for (var kill = 0; kill < kills; kill++)
        {
            // Killed within 3 s of its return it is still the same outage, whose wait goes on doubling.
            if (flowed.TotalSeconds > 3.5) (began, outages) = (clock.Elapsed, outages + 1);
            await camera.SwitchOffAsync(reset: random.Next(2) == 0);
            await Task.Delay(TimeSpan.FromSeconds(0.5 + (4 * random.NextDouble())), _cancellation);
            var wait = Math.Min(30, Math.Pow(2, Math.Floor(Math.Log2(1 + (clock.Elapsed - began).TotalSeconds))));

            var decided = DecisionRows.Count(_workspace);
            var on = clock.Elapsed;
            camera.SwitchOn();
            await DecisionRows.ReachAsync(_workspace, decided + 1);
            var took = clock.Elapsed - on;
            Assert.True(took.TotalSeconds < wait + Slack, $"Kill {kill}: decided again after {took}, waiting {wait} s at most.");
            slowest = took > slowest ? took : slowest;

            flowed = TimeSpan.FromSeconds(random.Next(5) == 0 ? 1 : 4 + random.NextDouble());
            await Task.Delay(flowed, _cancellation);
            if (kill == 1) first = await FiguresAsync(silo);
        }

        var last = await FiguresAsync(silo);
        TestContext.Current.TestOutputHelper?.WriteLine($"{kills} kills, slowest {slowest.TotalSeconds:F2} s; {first} → {last}");
        Assert.InRange(last.Handles - first!.Handles, -100, 5);
        Assert.InRange(last.Threads - first.Threads, -100, 8);
        Assert.InRange(last.HeapMegabytes - first.HeapMegabytes, -1000, 8);
        Assert.Single(last.Children);
        Assert.False(silo.Program.HasExited);
        int Told(string words) => silo.Program.Errors.Lines.Count(line => line.Contains(words, StringComparison.Ordinal));
        await Condition.HoldsAsync(() => Told("lobby/door works again after "), told => told >= outages, "the last outage's end is told");
        Assert.Equal((outages, outages), (Told("lobby/door stopped: "), Told("lobby/door works again after ")));

        await silo.StopAsync();
        Assert.All(last.Children, child => Assert.False(Directory.Exists($"/proc/{child}")));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_camera_on_its_own_waits_for_what_is_not_there_yet_and_goes_on_after_it_was_away()
    {
        var camera = new MjpegCamera(await JpegPictures.MakeAsync("testsrc=size=320x240", 10));
        await using var off = camera;
        await camera.SwitchOffAsync();
        using var gateway = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        await using var program = ProgramRun.Jtfa(
            _workspace, "camera", "--source", "ffmpeg", "--path", camera.Address, "--model", _workspace.WriteModelOfHead(),
            "--to", gateway.Client.LocalEndPoint!.ToString()!);

        await program.Errors.MatchAsync(@"stopped: .*cam\.mjpg.*Connection refused.*tried again");
        camera.SwitchOn();
        await gateway.ReceiveAsync(_cancellation);
        await camera.SwitchOffAsync(reset: true);
        while (gateway.Available > 0) await gateway.ReceiveAsync(_cancellation);
        camera.SwitchOn();
        await gateway.ReceiveAsync(_cancellation);
        await program.Errors.MatchAsync("works again after");

        program.Signal(PosixSignal.SIGINT);
        Assert.Equal(0, await program.ExitAsync());
        Assert.InRange(program.Errors.Lines.Length, 2, 4); // one or two outages, each with its end
    }

    private async Task<RunningSilo> StartSiloAsync(string address)
    {
        var port = FreePorts.Next();
        var configuration = _workspace.Write("silo.json", $$"""
            { "Jtfa": { "Cameras": [ { "Scene": "lobby", "Camera": "door", "View": 0, "RateHz": 10, "Destination": "127.0.0.1:{{port}}",
              "Model": "{{_workspace.WriteModelOfHead()}}", "Source": { "Kind": "Ffmpeg", "Path": "{{address}}" } } ] } }
            """);
        return await RunningSilo.StartAsync(
            _workspace, "--scene", "lobby", "--k", "1", "--n", "1", "--port", $"{port}", "--config", configuration);
    }

    private async Task<ProcessFigures> FiguresAsync(RunningSilo silo)
    {
        using var http = new HttpClient();
        var metrics = await http.GetStringAsync($"{await silo.HttpAsync()}/metrics", _cancellation);
        var heap = HeapSize().Matches(metrics).Sum(part => double.Parse(part.Groups[1].Value, CultureInfo.InvariantCulture));
        return ProcessFigures.Of(silo.Program.Id, heap / 1e6);
    }

    [GeneratedRegex(@"^dotnet_gc_last_collection_heap_size_bytes\{[^}]*\} (\S+)", RegexOptions.Multiline)]
    private static partial Regex HeapSize();

    /// <summary>What a process holds; of memory what the last garbage collection left.</summary>
    private sealed record ProcessFigures(int Handles, int Threads, double HeapMegabytes, int[] Children)
    {
        public static ProcessFigures Of(int id, double heapMegabytes) => new(
            Directory.GetFiles($"/proc/{id}/fd").Length, Directory.GetDirectories($"/proc/{id}/task").Length, heapMegabytes,
            [.. Process.GetProcesses().Select(process => process.Id).Where(process => ParentOf(process) == id)]);

        // The second field behind the name, which stands in brackets; 0 where the process has just gone.
        private static int ParentOf(int id)
        {
            try
            {
                return int.Parse(File.ReadAllText($"/proc/{id}/stat").Split(") ")[^1].Split(' ')[1], CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                return 0;
            }
        }

        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture, $"{Handles} handles, {Threads} threads, {HeapMegabytes:F1} MB of heap");
    }
}
