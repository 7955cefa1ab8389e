using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Jtfa.Cli.Demo;
using Jtfa.Client;
using Jtfa.Core;
using Jtfa.Interfaces;
using Jtfa.Silo.Cameras.Vision;
using Jtfa.Silo.Cameras;
using Jtfa.Silo.Decisions;
using Jtfa.Silo.Ingress;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Spectre.Console;

namespace Jtfa.Cli.Commands;

/// <summary><c>jtfa demo</c>: four cameras and a fusion node in one process, on the shipped model and sample photographs.</summary>
internal static class DemoCommand
{
    private const string Scene = "demo";

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private static readonly Option<double> s_seconds = new("--seconds") { Description = "How long it runs.", DefaultValueFactory = _ => 15 };
    private static readonly Option<double> s_rate = new("--rate") { Description = "Captures a second and camera; W is one period.", DefaultValueFactory = _ => 10 };
    private static readonly Option<TokenEncoding> s_encoding = new("--encoding") { Description = "How tokens are encoded.", DefaultValueFactory = _ => TokenEncoding.HMix };
    private static readonly Option<int> s_k = new("--k") { Description = "Views needed, 1 … 4.", DefaultValueFactory = _ => 3 };
    private static readonly Option<double> s_timeout = new("--timeout") { Description = "T, milliseconds.", DefaultValueFactory = _ => 60 };
    private static readonly Option<FileInfo> s_db = new("--db") { Description = "The decision log.", DefaultValueFactory = _ => new FileInfo("jtfa-demo.db") };
    private static readonly Option<FileInfo> s_csv = new("--csv") { Description = "The same as CSV.", DefaultValueFactory = _ => new FileInfo("jtfa-demo.csv") };
    private static readonly Option<bool> s_asJson = new("--json") { Description = "Print only the summary, as one JSON object." };

    public static Command Create()
    {
        var command = new Command("demo", "Watch four cameras look at photographs, send 16-number tokens by UDP, and a fusion node decide from whichever three arrive first.")
        {
            s_seconds, s_rate, s_encoding, s_k, s_timeout, s_db, s_csv, s_asJson,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var seconds = parsed.GetValue(s_seconds);
        if (!(seconds is > 0 and <= 86_400)) throw new UsageException($"--seconds {seconds}: allowed is above 0 … 86400");
        var rate = parsed.GetValue(s_rate);
        if (!(rate is >= CaptureSchedule.MinRateHz and <= CaptureSchedule.MaxRateHz))
            throw new UsageException($"--rate {rate}: allowed is {CaptureSchedule.MinRateHz} … {CaptureSchedule.MaxRateHz}");
        var level = parsed.GetValue(Faults.Verbose) ? LogLevel.Debug : LogLevel.Warning;
        using var host = SiloHost.Create(Configuration(parsed), file: null, level);
        await host.StartAsync(cancellationToken);

        var views = DemoViews.Load(ModelFile("views.json")).All;
        var client = new ClusterJtfaClient(host.Services.GetRequiredService<IClusterClient>());
        var gateway = host.Services.GetRequiredService<UdpGateway>();
        foreach (var view in views)
            await client.StartCameraAsync(CameraOf(view, parsed, gateway.EndPoints[0].Port), cancellationToken);

        var log = host.Services.GetRequiredService<IOptions<DecisionLogOptions>>().Value;
        var watch = new DemoWatch(client, Scene, [.. views.Select(view => view.Camera)], gateway.Counters);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(TimeSpan.FromSeconds(seconds));
        var following = watch.FollowAsync(end.Token);
        await ShowAsync(watch, parsed.GetValue(s_asJson), TimeSpan.FromSeconds(seconds), end.Token);

        await following;
        var state = await watch.LookAsync(CancellationToken.None);

        // Cameras first, so that the gateway has nothing left to take when it stops; then what is open fires and is counted.
        foreach (var view in views) await client.StopCameraAsync(Scene, view.Camera, CancellationToken.None);
        await Task.Delay(TimeSpan.FromMilliseconds(parsed.GetValue(s_timeout) + 50), CancellationToken.None);
        var summary = await watch.SummariseAsync(state, log.Path, log.Csv!);
        await host.StopAsync(CancellationToken.None);
        if (parsed.GetValue(s_asJson)) await Console.Out.WriteLineAsync(JsonSerializer.Serialize(summary, s_json));
        else AnsiConsole.Write(DemoTable.Summary(summary));
        return 0;
    }

    private static async Task ShowAsync(DemoWatch watch, bool silent, TimeSpan duration, CancellationToken end)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            if (silent) await Task.Delay(Timeout.Infinite, end);
            else if (Console.IsOutputRedirected) await PrintLinesAsync(watch, end);
            else await AnsiConsole.Live(new Text("starting…")).StartAsync(live => UpdateTableAsync(live, watch, clock, duration, end));
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The time is over, or Ctrl-C: the summary follows.
        }
    }

    private static async Task PrintLinesAsync(DemoWatch watch, CancellationToken end)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (await timer.WaitForNextTickAsync(end)) await Console.Out.WriteLineAsync(DemoTable.Line(await watch.LookAsync(end)));
    }

    private static async Task UpdateTableAsync(LiveDisplayContext live, DemoWatch watch, Stopwatch clock, TimeSpan duration, CancellationToken end)
    {
        var classes = ModelDescription.Load(ModelFile()).Classes;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        while (await timer.WaitForNextTickAsync(end))
        {
            live.UpdateTarget(DemoTable.Live(await watch.LookAsync(end), classes, clock.Elapsed, duration));
            live.Refresh();
        }
    }

    private static Dictionary<string, string?> Configuration(ParseResult parsed)
    {
        var rate = parsed.GetValue(s_rate);
        return new(SiloHost.OnItsOwn())
        {
            ["Jtfa:Ingress:Sockets:0:Port"] = "0",
            ["Jtfa:Scenes:0:Name"] = Scene,
            ["Jtfa:Scenes:0:K"] = FormattableString.Invariant($"{parsed.GetValue(s_k)}"),
            ["Jtfa:Scenes:0:T"] = FormattableString.Invariant($"{parsed.GetValue(s_timeout)}"),
            ["Jtfa:Scenes:0:W"] = FormattableString.Invariant($"{1000 / rate}"),
            ["Jtfa:Log:Path"] = parsed.GetValue(s_db)!.FullName,
            ["Jtfa:Log:Csv"] = parsed.GetValue(s_csv)!.FullName,
        };
    }

    private static CameraConfig CameraOf(DemoView view, ParseResult parsed, int port) => new()
    {
        Scene = Scene,
        Camera = view.Camera,
        View = view.View,
        Encoding = parsed.GetValue(s_encoding),
        RateHz = parsed.GetValue(s_rate),
        Destination = $"127.0.0.1:{port}",
        Source = new FrameSourceConfig
        {
            Kind = FrameSourceKind.Idx,
            Path = ModelFile("sample", "images-idx3-ubyte.gz"),
            Labels = ModelFile("sample", "labels-idx1-ubyte.gz"),
            Transform = view.Transform,
        },
    };

    private static string ModelFile(params string[] parts) => Path.Combine([AppContext.BaseDirectory, "models", .. parts]);
}
