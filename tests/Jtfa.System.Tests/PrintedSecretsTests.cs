using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Jtfa.System.Tests.Stage;

namespace Jtfa.System.Tests;

/// <summary>
/// Passwords planted in cameras' addresses and options, in every spelling: none is in anything that the programs print, answer or write.
/// </summary>
public sealed partial class PrintedSecretsTests : IAsyncDisposable
{
    private const string User = "pl4nteduser";

    private readonly Workspace _workspace = new();
    private readonly TcpListener _refusing = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _refused;

    public PrintedSecretsTests()
    {
        _refusing.Start();
        _refused = RefuseAsync();
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // A server that wants a password of everybody, and one that nobody is at.
    private string Refusing => $"127.0.0.1:{((IPEndPoint)_refusing.LocalEndpoint).Port}";

    private string Closed { get; } = $"127.0.0.1:{FreePorts.Next()}";

    private (string Name, string Kind, string Path, string Options)[] Cameras =>
    [
        ("plain", "Ffmpeg", $"http://{User}:pl4nted-1@{Closed}/cam.mjpg", ""),
        ("refused", "Ffmpeg", $"http://{User}:pl4nted-1@{Refusing}/cam.mjpg", "-f mjpeg"),
        ("upper", "Ffmpeg", $"HTTP://{User}:PL4NTED-2@{Closed}/", ""),
        ("percent", "Ffmpeg", $"http://{User}:%70l4nted%2D3@{Refusing}/", ""),
        ("at", "Ffmpeg", $"rtsp://{User}:x@pl4nted/4@{Closed}/live", ""),
        ("blank", "Ffmpeg", $"rtsp://{User}:my pl4nted-5@{Closed}/live", ""),
        ("six", "Ffmpeg", $"rtsp://{User}:pl4nted-6@[::1]:1/live", ""),
        ("query", "Ffmpeg", $"http://{Refusing}/v.cgi?user=guest&pwd=pl4nted-7&api_key=pl4nted-8", ""),
        ("several", "Ffmpeg", $"concat:http://{User}:pl4nted-9@{Closed}/a|http://{User}:pl4nted-10@{Closed}/b", ""),
        ("header", "Ffmpeg", $"http://{Refusing}/", "-headers \"Authorization: Basic cGw0bnRlZC0xMQ==\""),
        ("proxy", "Ffmpeg", $"http://{Closed}/", $"-http_proxy http://{User}:pl4nted-12@{Closed}"),
        ("option", "Ffmpeg", $"http://{Closed}/", "-password pl4nted-13"),
        ("quote", "Ffmpeg", $"http://{Closed}/", "-headers \"X-Api-Key: pl4nted-14"),
        ("images", "Images", $"rtsp://{User}:pl4nted-15@{Closed}/live", ""),
        ("replay", "Replay", $"http://{User}:pl4nted-16@{Closed}/tokens.npy", ""),
    ];

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _refused;
        _refusing.Dispose();
        _end.Dispose();
        _workspace.Dispose();
    }

    [Fact(Timeout = 240_000)]
    public async Task A_silo_and_what_asks_it_print_and_write_none()
    {
        SkipWithoutFfmpeg();
        _workspace.Write("appsettings.json", JsonSerializer.Serialize(new
        {
            Jtfa = new
            {
                Cameras = Cameras.Select((camera, view) => new
                {
                    Camera = camera.Name,
                    View = view,
                    Destination = Closed,
                    Source = new { camera.Kind, camera.Path, InputOptions = camera.Options },
                }),
                Telemetry = new
                {
                    SpanFile = _workspace["spans.jsonl"],
                    TraceRatio = 1,
                    OtlpEndpoint = $"http://{User}:pl4nted-17@{Closed}",
                    ExportInterval = 500,
                },
            },
        }));
        await using var silo = await RunningSilo.StartAsync(
            _workspace, [.. RunningSilo.BySequence(500), "--verbose", "--csv", _workspace["decisions.csv"]]);
        foreach (var (name, _, _, _) in Cameras) await silo.Program.Errors.MatchAsync($"default/{name}\\b.*(ffmpeg|Source|file|folder)");
        for (var decision = 1; decision <= 20; decision++) silo.Socket.SendViews(decision, 0, 1, 2);
        await DecisionRows.ReachAsync(_workspace, 20);

        var told = new StringBuilder();
        var url = await silo.HttpAsync();
        foreach (var path in new[]
        {
            "/", "/v1/scenes", "/v1/scenes/default", "/v1/scenes/default/cameras", "/v1/scenes/default/policy",
            "/v1/scenes/default/minutes", "/v1/decisions", "/openapi/v1.json", "/metrics", "/healthz", "/readyz",
            "/orleans/DashboardCounters", "/v1/live?scene=default",
        }) told.AppendLine(await BeginOfAsync($"{url}{path}"));
        foreach (var command in new[] { "cameras", "status", "decisions" })
            told.AppendLine((await ProgramRun.JtfaToEndAsync(_workspace, command, "--server", url)).ToString());
        told.AppendLine((await ProgramRun.JtfaToEndAsync(_workspace, "doctor", "--verbose")).ToString());
        await silo.StopAsync();

        told.AppendLine(silo.Program.Errors.Text).AppendLine(silo.Program.Output.Text);
        foreach (var file in Directory.GetFiles(_workspace.Path).Where(file => Path.GetFileName(file) != "appsettings.json"))
            told.AppendLine(Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, Cancel)));
        AssertNone(told.ToString());
        Assert.Contains($"http://***@{Closed}/cam.mjpg", told.ToString());
    }

    [Fact(Timeout = 240_000)]
    public async Task A_camera_prints_none()
    {
        SkipWithoutFfmpeg();
        foreach (var (name, kind, path, options) in Cameras)
        {
            var end = await ProgramRun.JtfaToEndAsync(
                _workspace, "camera", "--source", kind.ToLowerInvariant(), "--path", path, "--input-options", options, "--to", Closed,
                "--camera", name, "--seconds", "2", "--verbose");
            AssertNone(end.ToString());
            Assert.NotEmpty(end.Errors);
        }
    }

    [Theory(Timeout = 120_000)]
    [InlineData("camera", "--source", "ffmpeg", "--pth", "rtsp://pl4nteduser:pl4nted-1@h/")]
    [InlineData("camera", "rtsp://pl4nteduser:pl4nted-1@h/")]
    [InlineData("camera", "--rate", "rtsp://pl4nteduser:pl4nted-1@h/")]
    [InlineData("camera", "--source", "random", "--to", "http://pl4nteduser:pl4nted-1@h/")]
    [InlineData("silo", "--config", "http://pl4nteduser:pl4nted-1@h/cameras.json")]
    [InlineData("silo", "--set", "Jtfa:Telemetry:OtlpEndpoint=ftp://pl4nteduser:pl4nted-1@h/")]
    [InlineData("silo", "--set", "Jtfa:Cameras:0:RateHz=http://pl4nteduser:pl4nted-1@h/")]
    [InlineData("silo", "--set", "Jtfa:Log:Provider=Postgres", "--set", "Jtfa:Log:ConnectionString=postgres://pl4nteduser:pl4nted-1@h/db")]
    [InlineData("silo", "--set", "Jtfa:Log:Provider=Postgres", "--set", "Jtfa:Log:ConnectionString=Host=h;Pssword=pl4nted-1")]
    [InlineData("decisions", "--connection", "Host=127.0.0.1;Port=1;Database=d;Username=pl4nteduser;Password=pl4nted-1")]
    [InlineData("decisions", "--connection", "Host=127.0.0.1;Port=x;Database=d;Username=pl4nteduser;Password='pl4nted-1; pl4nted-2'")]
    [InlineData("decisions", "--server", "ftp://pl4nteduser:pl4nted-1@h/")]
    [InlineData("status", "--server", "http://pl4nteduser:pl4nted-1@127.0.0.1:1/")]
    public async Task A_wrong_command_line_is_told_without_them(params string[] arguments)
    {
        var end = await ProgramRun.JtfaToEndAsync(_workspace, arguments);
        Assert.NotEqual(0, end.ExitCode);
        Assert.NotEmpty(end.Errors);
        AssertNone(end.ToString());
    }

    private static void AssertNone(string text)
    {
        var found = Planted().Match(text);
        var around = Math.Max(0, found.Index - 300)..Math.Min(text.Length, found.Index + 100);
        Assert.False(found.Success, $"'{found.Value}' is in: {text[around]}");
    }

    // The first that comes: of a stream of events not all.
    private static async Task<string> BeginOfAsync(string url)
    {
        using var client = new HttpClient();
        using var answer = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, Cancel);
        var buffer = new byte[1 << 20];
        var isEvents = answer.Content.Headers.ContentType?.MediaType == "text/event-stream";
        await using var body = await answer.Content.ReadAsStreamAsync(Cancel);
        var length = await body.ReadAtLeastAsync(buffer, isEvents ? 1000 : buffer.Length, throwOnEndOfStream: false, Cancel);
        return $"{answer}\n{Encoding.UTF8.GetString(buffer, 0, length)}";
    }

    private static void SkipWithoutFfmpeg()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var isThere = folders.Any(folder => File.Exists(Path.Combine(folder, "ffmpeg")));
        Assert.SkipUnless(isThere, "ffmpeg is not installed (apt-get install ffmpeg)");
    }

    private async Task RefuseAsync()
    {
        var answer = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8
            .ToArray();
        while (!_end.IsCancellationRequested)
        {
            try
            {
                using var client = await _refusing.AcceptTcpClientAsync(_end.Token);
                var stream = client.GetStream();
                _ = await stream.ReadAsync(new byte[4096], _end.Token);
                await stream.WriteAsync(answer, _end.Token);
            }
            catch (IOException)
            {
                // The caller has gone.
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    // As it was planted and as base64.
    [GeneratedRegex("l4nted|cGw0bnRlZ", RegexOptions.IgnoreCase)]
    private static partial Regex Planted();
}
