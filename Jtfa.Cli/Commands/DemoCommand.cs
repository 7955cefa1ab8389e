using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Jtfa.Cli.Demo;
using Jtfa.Cli.Help;
using Jtfa.Client;
using Jtfa.Core;
using Jtfa.Grains;
using Jtfa.Interfaces;
using Jtfa.Language.Models;
using Jtfa.Silo.Cameras.Vision;
using Jtfa.Silo.Cameras;
using Jtfa.Silo.Decisions;
using Jtfa.Silo.Http;
using Jtfa.Silo.Ingress;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Spectre.Console;

namespace Jtfa.Cli.Commands;

/// <summary>
/// <c>jtfa demo</c>: four cameras and a fusion node in one process, on the shipped model and sample photographs, and the shipped language
/// model beside them.
/// </summary>
internal static class DemoCommand
{
    private const string Scene = "demo";
    private const string LanguageModel = "definitions"; // for the page's chat
    private const double LongestLinger = 60_000; // of a policy

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private static readonly Option<double?> s_seconds =
        new("--seconds") { Description = "How long it runs (default: until Ctrl-C; 15 where nobody watches: on a pipe, or with --json)." };
    private static readonly Option<double> s_rate =
        new("--rate") { Description = "Captures a second and camera; W is one period.", DefaultValueFactory = _ => 10 };
    private static readonly Option<TokenEncoding> s_encoding =
        new("--encoding") { Description = "How tokens are encoded.", DefaultValueFactory = _ => TokenEncoding.HMix };
    private static readonly Option<int> s_k = new("--k") { Description = "Views needed, 1 … 4.", DefaultValueFactory = _ => 3 };
    private static readonly Option<double> s_timeout = new("--timeout") { Description = "T, milliseconds.", DefaultValueFactory = _ => 60 };
    private static readonly Option<double> s_slowLink = new("--slow-link")
    {
        Description =
            "Milliseconds that the last camera's link holds its tokens back, at least; half as long again on average (0: no such link).",
        DefaultValueFactory = _ => 80,
    };
    private static readonly Option<FileInfo> s_db =
        new("--db") { Description = "The decision log.", DefaultValueFactory = _ => new FileInfo("jtfa-demo.db") };
    private static readonly Option<FileInfo> s_csv =
        new("--csv") { Description = "The same as CSV.", DefaultValueFactory = _ => new FileInfo("jtfa-demo.csv") };
    private static readonly Option<bool> s_asJson = new("--json") { Description = "Print only the summary, as one JSON object." };

    public static Command Create()
    {
        s_k.Sets("Jtfa:Scenes:0:K");
        s_timeout.Sets("Jtfa:Scenes:0:T");
        s_db.Sets("Jtfa:Log:Path");
        s_csv.Sets("Jtfa:Log:Csv");
        var command = new Command(
            "demo",
            "Watch four cameras look at photographs, send 16-number tokens by UDP, and a fusion node decide from whichever three arrive " +
            "first.")
        {
            s_seconds, s_rate, s_encoding, s_k, s_timeout, s_slowLink, s_db, s_csv, s_asJson,
        };
        command.SetAction(RunAsync);
        return command.WithExamples("jtfa demo", "jtfa demo --k 4 --timeout 200", "jtfa demo --seconds 10 --json");
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var duration = DurationOf(parsed);
        var rate = parsed.GetValue(s_rate);
        if (!(rate is >= CaptureSchedule.MinRateHz and <= CaptureSchedule.MaxRateHz))
            throw new UsageException($"--rate {rate}: allowed is {CaptureSchedule.MinRateHz} … {CaptureSchedule.MaxRateHz}");
        if (!(parsed.GetValue(s_slowLink) is >= 0 and <= 10_000))
            throw new UsageException($"--slow-link {parsed.GetValue(s_slowLink)}: allowed is 0 … 10000");
        using var running = RunningDemo.Take(parsed.GetValue(s_db)!);
        using var host = await SiloBeside.StartAsync([.. Configuration(parsed), .. LogLevels.Parse(parsed)], cancellationToken);

        running.Tell(((WebApplication)host).HttpAddress());
        var views = DemoViews.Load(ModelFile("views.json")).All;
        var client = new ClusterJtfaClient(host.Services.GetRequiredService<IClusterClient>());
        var gateway = host.Services.GetRequiredService<UdpGateway>();
        await SetPolicyAsync(host, client, cancellationToken);
        await using var link = parsed.GetValue(s_slowLink) is > 0 and var delay
            ? new SlowLink(gateway.EndPoints[0], TimeSpan.FromMilliseconds(delay))
            : null;
        var cameras = host.Services.GetRequiredService<CameraCatalog>();
        foreach (var view in views)
        {
            var destination = view == views[^1] && link is not null ? link.EndPoint : gateway.EndPoints[0];
            cameras.Set(CameraOf(view, parsed, destination.Port));
            await client.StartCameraAsync(Scene, view.Camera, cancellationToken);
        }

        var log = host.Services.GetRequiredService<IOptions<DecisionLogOptions>>().Value;
        var watch = new DemoWatch(client, Scene, [.. views.Select(view => view.Camera)], gateway.Counters);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (duration is { } limited) end.CancelAfter(limited);
        var following = watch.FollowAsync(end.Token);
        await ShowAsync(watch, ((WebApplication)host).HttpAddress(), parsed.GetValue(s_asJson), duration, end.Token);

        await following;
        var state = await watch.LookAsync(CancellationToken.None);

        // Cameras stop first, so that the gateway gets no more tokens; then open windows fire and are counted.
        foreach (var view in views) await client.StopCameraAsync(Scene, view.Camera, CancellationToken.None);
        await Task.Delay(TimeSpan.FromMilliseconds(parsed.GetValue(s_timeout) + 50), CancellationToken.None);
        var summary = await watch.SummariseAsync(state, log.Path, log.Csv!);
        await host.StopAsync(CancellationToken.None);
        if (parsed.GetValue(s_asJson)) await Console.Out.WriteLineAsync(JsonSerializer.Serialize(summary, s_json));
        else AnsiConsole.Write(DemoTable.Summary(summary));
        return 0;
    }

    private static TimeSpan? DurationOf(ParseResult parsed)
    {
        var seconds = parsed.GetValue(s_seconds) ?? (parsed.GetValue(s_asJson) || Console.IsOutputRedirected ? 15 : null as double?);
        if (seconds is null) return null;
        return seconds is > 0 and <= 86_400
            ? TimeSpan.FromSeconds(seconds.Value)
            : throw new UsageException($"--seconds {seconds}: allowed is above 0 … 86400");
    }

    // A policy that the page's sliders set in an earlier run with the same log is remembered; the command line's replaces it. Cameras wait
    // until it holds: under another one tokens of the slow link would be refused, with warnings, and figures would be of both.
    private static async Task SetPolicyAsync(IHost host, ClusterJtfaClient client, CancellationToken cancellationToken)
    {
        var wanted = host.Services.GetRequiredService<SceneCatalog>()[Scene].Policy;
        if (await client.GetPolicyAsync(Scene, cancellationToken) == wanted) return;
        var routing = await client.SetPolicyAsync(Scene, wanted, cancellationToken);
        var clock = host.Services.GetRequiredService<TimeProvider>();
        var ahead = TimeSpan.FromSeconds(routing.CurrentFrom - clock.UnixSeconds());
        if (ahead > TimeSpan.Zero) await Task.Delay(ahead, clock, cancellationToken);
    }

    private static async Task ShowAsync(DemoWatch watch, string page, bool silent, TimeSpan? duration, CancellationToken end)
    {
        try
        {
            if (silent) await Task.Delay(Timeout.Infinite, end);
            else if (Console.IsOutputRedirected) await PrintLinesAsync(watch, page, end);
            else await AnsiConsole.Live(new Text("starting…")).StartAsync(live => UpdateTableAsync(live, watch, page, duration, end));
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The time is over, or Ctrl-C: the summary follows.
        }
    }

    private static async Task PrintLinesAsync(DemoWatch watch, string page, CancellationToken end)
    {
        await Console.Out.WriteLineAsync($"live page: {page}");
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (await timer.WaitForNextTickAsync(end)) await Console.Out.WriteLineAsync(DemoTable.Line(await watch.LookAsync(end)));
    }

    private static async Task UpdateTableAsync(
        LiveDisplayContext live, DemoWatch watch, string page, TimeSpan? duration, CancellationToken end)
    {
        var classes = ModelDescription.Load(ModelFile()).Classes;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        while (await timer.WaitForNextTickAsync(end))
        {
            live.UpdateTarget(DemoTable.Live(await watch.LookAsync(end), classes, page, duration));
            live.Refresh();
        }
    }

    // The usual port of the page, unless it is in use, for example by a silo of this machine; then any free one.
    private static int PagePort()
    {
        var usual = new HttpOptions().Port;
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, usual);
            listener.Start();
            return usual;
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    // Long enough that the slow link's tokens count as late. After the window has gone, they would be rejected, with warnings.
    private static double Linger(double slowLink) => Math.Min(new ScenePolicy().Linger.TotalMilliseconds + (10 * slowLink), LongestLinger);

    private static Dictionary<string, string?> Configuration(ParseResult parsed)
    {
        var rate = parsed.GetValue(s_rate);
        return new()
        {
            ["Jtfa:Http:Enabled"] = "true",
            ["Jtfa:Http:Address"] = "127.0.0.1",
            ["Jtfa:Http:CameraSwitches"] = "true",
            ["Jtfa:Http:Port"] = FormattableString.Invariant($"{PagePort()}"),
            ["Jtfa:Ingress:Sockets:0:Port"] = "0",
            ["Jtfa:Scenes:0:Name"] = Scene,
            ["Jtfa:Scenes:0:K"] = FormattableString.Invariant($"{parsed.GetValue(s_k)}"),
            ["Jtfa:Scenes:0:T"] = FormattableString.Invariant($"{parsed.GetValue(s_timeout)}"),
            ["Jtfa:Scenes:0:W"] = FormattableString.Invariant($"{1000 / rate}"),
            ["Jtfa:Scenes:0:Linger"] = FormattableString.Invariant($"{Linger(parsed.GetValue(s_slowLink))}"),
            ["Jtfa:Log:Path"] = parsed.GetValue(s_db)!.FullName,
            ["Jtfa:Log:Csv"] = parsed.GetValue(s_csv)!.FullName,
            ["Jtfa:Language:Models:0:Name"] = LanguageModel,
            ["Jtfa:Language:Models:0:File"] = ShippedModel.ModelPath,
            ["Jtfa:Language:Models:0:Pages"] = "256",
            ["Jtfa:Language:Threads"] = "1",
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
        Pictures = true,
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
