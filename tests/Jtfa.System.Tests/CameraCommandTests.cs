using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Jtfa.Core;
using Jtfa.Experiments.Vectors;
using Jtfa.Experiments.Windows;
using Jtfa.System.Tests.Stage;

namespace Jtfa.System.Tests;

/// <summary><c>jtfa camera</c> as a process of its own, sending to a silo.</summary>
public sealed class CameraCommandTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task Replaying_cameras_meet_and_are_decided_for_their_labels()
    {
        var labels = WriteTokens(count: 50);
        await using var silo = await RunningSilo.StartAsync(
            _workspace, "--keying", "Sequence", "--k", "3", "--n", "3", "--timeout", "3000");

        var ends = await Task.WhenAll(Enumerable.Range(0, 3).Select(view => ProgramRun.JtfaToEndAsync(_workspace,
            "camera", "--source", "replay", "--path", "tokens.npy", "--labels", "labels.txt", "--rate", "20", "--seconds", "4",
            "--view", $"{view}", "--to", $"127.0.0.1:{silo.Port}")));
        var sent = ends.Sum(SentBy);
        await silo.StopAsync();

        var decisions = await LoggedDecision.AllAsync(_workspace);
        Assert.Equal(sent, decisions.Sum(decision => decision.M));
        Assert.Contains(decisions, decision => decision is { Cause: "K", Views: [0, 1, 2] });
        Assert.All(decisions, decision => Assert.True(decision.Correct, decision.ToString()));
        Assert.True(decisions.Select(decision => decision.Gt).Distinct().Count() > 1 && labels.Length == 50, "The replay stands still.");
    }

    [Fact(Timeout = 120_000)]
    public async Task Random_cameras_name_their_scene_and_end_by_ctrl_c()
    {
        var configuration = _workspace.Write("scenes.json", """
            { "Jtfa": { "Scenes": [
              { "Name": "default", "Head": "head.npz" },
              { "Name": "hall", "K": 2, "N": 2, "Views": [ 5, 9 ], "T": 3000, "Keying": "Sequence", "Head": "head.npz" } ] } }
            """);
        await using var silo = await RunningSilo.StartAsync(_workspace, "--config", configuration);
        await using var left = StartRandom(silo.Port, view: 5);
        await using var right = StartRandom(silo.Port, view: 9);
        await DecisionRows.ReachAsync(_workspace, 5, "cause = 'K'");

        var sent = 0L;
        foreach (var camera in new[] { left, right })
        {
            camera.Signal(PosixSignal.SIGINT);
            Assert.Equal(0, await camera.ExitAsync());
            sent += SentBy(new ProgramEnd(0, camera.Output.Lines, camera.Errors.Lines));
        }

        await silo.StopAsync();
        var decisions = await LoggedDecision.AllAsync(_workspace);
        Assert.Equal(sent, decisions.Sum(decision => decision.M));
        Assert.All(decisions, decision => Assert.Equal(("hall", -1, false), (decision.Scene, decision.Gt, decision.Correct)));
        Assert.All(decisions.Where(decision => decision.Cause == "K"), decision => Assert.Equal([5, 9], decision.Views));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_camera_tells_what_it_does_and_how_much_of_it_comes()
    {
        await using var silo = await RunningSilo.StartAsync(_workspace);
        using var lossy = new global::System.Net.Sockets.UdpClient(0, global::System.Net.Sockets.AddressFamily.InterNetwork);
        var third = ((global::System.Net.IPEndPoint)lossy.Client.LocalEndPoint!).Port;
        using var end = new CancellationTokenSource();
        var losing = AnswerTwoOfThreeAsync(lossy, end.Token);
        var ends = await Task.WhenAll(new[] { silo.Port, third, UnusedPort() }.Select(port => ProgramRun.JtfaToEndAsync(
            _workspace, "camera", "--source", "random", "--camera", "door", "--view", "2", "--rate", "100", "--report", "1",
            "--seconds", "3.5", "--to", $"127.0.0.1:{port}")));
        await end.CancelAsync();
        await losing;

        Assert.Equal(
            $"jtfa: door: view 2 from Random at 100 Hz, HMix tokens to 127.0.0.1:{silo.Port}; Ctrl-C ends it", ends[0].Errors[0]);
        string[] losses = ["0.0 % lost", "33.3 % lost", "loss unknown: no gateway tells what came"];
        for (var i = 0; i < ends.Length; i++)
        {
            Assert.Contains(ends[i].Errors, line => Regex.IsMatch(line, $@"^jtfa: door: \d{{2,3}}\.\d tokens a second, {Near(losses[i])}"));
        }

        // The last receipts may tell of one token more or less.
        static string Near(string loss) => loss.StartsWith("33", StringComparison.Ordinal) ? @"3[1-5]\.\d % lost" : Regex.Escape(loss);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_camera_without_a_gateway_says_so_and_goes_on()
    {
        var end = await ProgramRun.JtfaToEndAsync(
            _workspace, "camera", "--source", "random", "--rate", "50", "--seconds", "1", "--to", $"127.0.0.1:{UnusedPort()}");

        Assert.Equal(0, end.ExitCode);
        Assert.Single(end.Errors, line => line.Contains("cannot be sent") && line.Contains("see that the gateway runs there"));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_span_file_has_a_line_for_each_token_with_its_times_in_order()
    {
        using var gateway = new global::System.Net.Sockets.UdpClient(0, global::System.Net.Sockets.AddressFamily.InterNetwork);
        var port = ((global::System.Net.IPEndPoint)gateway.Client.LocalEndPoint!).Port;
        string[] camera =
        [
            "camera", "--source", "random", "--scene", "hall", "--camera", "door", "--view", "3", "--rate", "50",
            "--to", $"127.0.0.1:{port}",
        ];
        var end = await ProgramRun.JtfaToEndAsync(_workspace, [.. camera, "--seconds", "1.5", "--spans", "spans.jsonl"]);

        Assert.Equal(0, end.ExitCode);
        var sent = long.Parse(end.Output[0].Split(' ')[1], CultureInfo.InvariantCulture);
        var spans = File.ReadAllLines(_workspace["spans.jsonl"]).Select(line => JsonSerializer.Deserialize<JsonElement>(line)).ToList();
        Assert.True(sent > 10 && spans.Count == sent, end.ToString());
        Assert.All(spans.Select((span, i) => (span, i)), pair =>
        {
            var (tags, events) = (pair.span.GetProperty("tags"), pair.span.GetProperty("events"));
            Assert.Equal(
                ("token", "hall", "door", 3, (long)pair.i),
                (pair.span.GetProperty("name").GetString(), tags.GetProperty("scene").GetString(), tags.GetProperty("camera").GetString(),
                    tags.GetProperty("view").GetInt32(), tags.GetProperty("sequence").GetInt64()));

            // Ticks of 50 Hz are multiples of 20 ms since 1970, and numbered so.
            Assert.Equal(tags.GetProperty("decision").GetInt64() * 0.02m, pair.span.GetProperty("start").GetDecimal());
            decimal[] times =
            [
                pair.span.GetProperty("start").GetDecimal(), events.GetProperty("captured").GetDecimal(),
                events.GetProperty("inferred").GetDecimal(), pair.span.GetProperty("end").GetDecimal(),
            ];
            Assert.Equal(times.Order(), times);
            Assert.InRange(times[3] - times[0], 0, 1);
        });

        var refused = await ProgramRun.JtfaToEndAsync(_workspace, [.. camera, "--spans", "none/spans.jsonl"]);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("'none/spans.jsonl' cannot be opened", Assert.Single(refused.Errors), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_vector_camera_sends_both_vectors_as_int8_and_as_fp32()
    {
        using var gateway = new global::System.Net.Sockets.UdpClient(0, global::System.Net.Sockets.AddressFamily.InterNetwork);
        gateway.Client.ReceiveBufferSize = 1 << 20;
        var models = Path.Combine(AppContext.BaseDirectory, "models");
        var sample = Path.Combine(models, "sample");
        var port = ((global::System.Net.IPEndPoint)gateway.Client.LocalEndPoint!).Port;
        string[] camera =
        [
            "vector-camera", "--views", Path.Combine(models, "views.json"), "--camera", "shelf", "--source", "idx", "--rate", "10",
            "--path", Path.Combine(sample, "images-idx3-ubyte.gz"), "--labels", Path.Combine(sample, "labels-idx1-ubyte.gz"),
        ];
        var end = await ProgramRun.JtfaToEndAsync(_workspace, [.. camera, "--seconds", "2", "--to", $"127.0.0.1:{port}"]);
        Assert.True(end.ExitCode == 0 && end.Output is [var said] && said.StartsWith("shelf: ", StringComparison.Ordinal), end.ToString());

        var (assembly, arrivals) = (new VectorAssembly(), new List<Arrival>());
        while (gateway.Available > 0)
        {
            var received = await gateway.ReceiveAsync(TestContext.Current.CancellationToken);
            if (assembly.Add(received.Buffer, 0) is { } arrival) arrivals.Add(arrival);
        }

        var moments = long.Parse(end.Output[0].Split(' ')[1], CultureInfo.InvariantCulture);
        Assert.InRange(moments, 3, 21);
        Assert.Equal(0, assembly.Refused);
        Assert.Equal(["feature-map-fp32", "feature-map-int8", "penultimate-fp32", "penultimate-int8"], assembly.Counts.Keys.Order());

        // A moment at the end may have been sent in part.
        Assert.All(assembly.Counts.Values, counts => Assert.InRange(counts.Whole, moments, moments + 1));
        Assert.All(arrivals, arrival => Assert.Equal((2, arrival.Scene.StartsWith('p') ? 48 : 576), (arrival.View, arrival.Vector.Length)));
        Assert.All(arrivals, arrival => Assert.InRange(arrival.Label, 0, 9));
        Assert.All(arrivals, arrival => Assert.Equal(arrival.Moment, arrival.Timestamp * 10, 0.5));
        foreach (var moment in arrivals.GroupBy(arrival => (arrival.Moment, arrival.Vector.Length)).Where(both => both.Count() == 2))
        {
            var (first, second) = (moment.First().Vector.ToArray(), moment.Last().Vector.ToArray());
            var step = first.Max(MathF.Abs) / 127;
            Assert.All(first.Zip(second), pair => Assert.InRange(pair.First - pair.Second, -0.51f * step, 0.51f * step));
        }

        var refused = await ProgramRun.JtfaToEndAsync(_workspace, "vector-camera", "--source", "random", "--to", "a:1,b:2");
        Assert.Equal(2, refused.ExitCode);
        Assert.Equal(2, refused.Errors.Length);
        Assert.DoesNotContain(
            (await ProgramRun.JtfaToEndAsync(_workspace, "--help")).Output,
            line => line.Contains("vector-camera", StringComparison.Ordinal));
    }

    private static async Task AnswerTwoOfThreeAsync(global::System.Net.Sockets.UdpClient gateway, CancellationToken cancellationToken)
    {
        var (came, got) = (0, 0);
        try
        {
            while (true)
            {
                var token = await gateway.ReceiveAsync(cancellationToken);
                if (came++ % 3 == 2) continue; // as if the link had lost it
                Assert.Equal(RejectReason.None, PacketCodec.TryParse(token.Buffer, out var packet));
                var receipt = new byte[ReceiptCodec.MaxBytes];
                var length = ReceiptCodec.Write(packet, null, receipt, ++got);
                await gateway.SendAsync(receipt.AsMemory(0, length), token.RemoteEndPoint, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The camera has ended.
        }
    }

    private static int UnusedPort()
    {
        using var socket = new global::System.Net.Sockets.UdpClient(0, global::System.Net.Sockets.AddressFamily.InterNetwork);
        return ((global::System.Net.IPEndPoint)socket.Client.LocalEndPoint!).Port;
    }

    private static long SentBy(ProgramEnd end)
    {
        Assert.True(end.ExitCode == 0 && end.Output.Length == 1 && end.Errors.All(line => line.Contains("Ctrl-C ends it")), end.ToString());
        var words = end.Output[0].Split(' ');
        Assert.Equal(["camera:", "tokens", "sent,"], [words[0], words[2], words[3]]);
        return long.Parse(words[1], CultureInfo.InvariantCulture);
    }

    private ProgramRun StartRandom(int port, int view) => ProgramRun.Jtfa(_workspace,
        "camera", "--source", "random", "--scene", "hall", "--rate", "10", "--seed", "1", "--encoding", "psmix",
        "--view", $"{view}", "--to", $"127.0.0.1:{port}");

    private int[] WriteTokens(int count)
    {
        var labels = Enumerable.Range(0, count).Select(i => i % Workspace.Classes).ToArray();
        var tokens = new float[count * Workspace.Dimension];
        for (var i = 0; i < count; i++) tokens[(i * Workspace.Dimension) + labels[i]] = 3;
        using (var file = File.Create(_workspace["tokens.npy"])) Npy.Write(file, tokens, count, Workspace.Dimension);
        _workspace.Write("labels.txt", string.Join('\n', labels));
        return labels;
    }
}
