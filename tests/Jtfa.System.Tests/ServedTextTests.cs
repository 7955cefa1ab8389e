using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Jtfa.System.Tests.Stage;
using TextReader = Jtfa.System.Tests.Stage.TextReader;

namespace Jtfa.System.Tests;

/// <summary>Texts of a silo of its own process, whose readers leave, and which is killed: what readers see, and what is left.</summary>
public sealed class ServedTextTests(ITestOutputHelper output) : IDisposable
{
    private const int Readers = 16;
    private const int Kinds = 40;
    private const int ScarcePages = 120; // of about 250 that all readers want at times: the youngest give way
    private const int MostGrowthMb = 16;
    private const int EnoughPages = 8 * 4096;

    private readonly Workspace _workspace = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _workspace.Dispose();

    [Fact(Timeout = 900_000)]
    public async Task Texts_that_are_left_at_random_leave_no_page_and_the_others_are_right()
    {
        var length = TimeSpan.FromSeconds(LongForm.IsAsked ? 600 : 12);
        await using var silo = await TextSilo.StartAsync(_workspace, ScarcePages);
        var kinds = await KindsAsync(silo);
        var (clock, memory, whole, left) = (Stopwatch.StartNew(), new List<double>(), 0, 0);
        var reading = Task.WhenAll(Enumerable.Range(0, Readers).Select(async number =>
        {
            var random = new Random(number);
            using var reader = new TextReader(silo.Url);
            while (clock.Elapsed < length)
            {
                var (prompt, tokens, user, seed, expected) = kinds[random.Next(Kinds)];
                var leaving = random.Next(4) switch { 0 => Leaving.Cancel, 1 => Leaving.Reset, _ => Leaving.Never };
                var read = await reader.ReadAsync(TextSilo.Body(prompt, tokens, seed, user), leaving, random.Next(1, tokens));
                Assert.Null(read.Fault);
                if (read.IsWhole) Assert.Equal(expected, read.Text);
                else Assert.StartsWith(read.Text, expected, StringComparison.Ordinal);
                Interlocked.Increment(ref read.IsWhole ? ref whole : ref left);
                Assert.True(read.IsWhole || leaving != Leaving.Never);
            }
        }));
        using (var process = Process.GetProcessById(silo.Program.Id))
        using (var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250)))
        {
            while (!reading.IsCompleted && await timer.WaitForNextTickAsync(Cancel))
            {
                process.Refresh();
                memory.Add(process.WorkingSet64 / 1e6);
            }
        }

        await reading;
        await silo.UntilFreeAsync();
        var quarter = memory.Count / 4;
        var (second, last) = (memory[quarter..(2 * quarter)].Average(), memory[^quarter..].Average());
        output.WriteLine($"{whole} texts read, {left} left; working set {second:F0} MB in the second quarter, {last:F0} MB in the last");
        Assert.True(whole > Readers && left > Readers);

        // In the first minute the runtime compiles, and its heaps grow to their sizes.
        if (LongForm.IsAsked) Assert.InRange(last - second, double.MinValue, MostGrowthMb);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_silo_that_ends_ends_its_streams_at_once_and_the_next_one_serves_again()
    {
        await using var silo = await TextSilo.StartAsync(_workspace, EnoughPages);
        var expected = await silo.AloneAsync("Once", 200, seed: 1);

        // Killed, its readers' connections break; stopped, it says so.
        var (killed, after) = await EndAsync(silo, silo.Program.Kill);
        Assert.InRange(after.TotalSeconds, 0, 5);
        Assert.All(killed, one => Assert.IsAssignableFrom<IOException>(one.Fault));
        await silo.StartAsync();
        using (var reader = new TextReader(silo.Url))
            Assert.Equal(new ReadText(expected, null, true), await reader.ReadAsync(TextSilo.Body("Once", 200, seed: 1)));

        var (stopped, afterwards) = await EndAsync(silo, () => silo.Program.Signal(PosixSignal.SIGTERM));
        Assert.InRange(afterwards.TotalSeconds, 0, 10);
        Assert.All(stopped, one => Assert.Null(one.Fault));
        Assert.All(stopped, one => Assert.NotNull(one.Read!.Fault));
        Assert.All(stopped, one => Assert.False(one.Read!.IsWhole));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_reader_that_stands_still_holds_up_nobody_and_its_pages_are_free_when_it_dies()
    {
        await using var silo = await TextSilo.StartAsync(_workspace, EnoughPages);
        using var still = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await still.ConnectAsync(IPEndPoint.Parse(new Uri(silo.Url).Authority), Cancel);
        var body = TextSilo.Body("Once", TextSilo.Endless, seed: 3).ToJsonString();
        await still.SendAsync(
            Encoding.UTF8.GetBytes(
                $"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
                $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"), Cancel);
        await silo.UntilAsync(status => (int)status["pagesRead"]! > 4, "its text is under way");

        var expected = await silo.AloneAsync("Twice", 100, seed: 4);
        using (var reader = new TextReader(silo.Url))
            Assert.Equal(new ReadText(expected, null, true), await reader.ReadAsync(TextSilo.Body("Twice", 100, seed: 4)));
        still.LingerState = new LingerOption(true, 0);
        still.Close();
        await silo.UntilFreeAsync(seconds: 4);
    }

    // Of some users, texts that begin alike, so that pages are shared, and given back while others read them.
    private static async Task<List<(string Prompt, int Tokens, string User, int Seed, string Expected)>> KindsAsync(TextSilo silo)
    {
        var random = new Random(5);
        List<(string Prompt, int Tokens, string User, int Seed, string Expected)> kinds = [];
        for (var kind = 0; kind < Kinds; kind++)
        {
            var begin = string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(word => $"word{word} "));
            var (prompt, tokens) = ($"{begin}{kind % 8}", random.Next(20, 240));
            kinds.Add((prompt, tokens, $"user{kind % 3}", kind, await silo.AloneAsync(prompt, tokens, kind)));
        }

        return kinds;
    }

    // Ends a silo while eight read; what each got, or its fault, and how long the last of them waited for it.
    private static async Task<((ReadText? Read, Exception? Fault)[] Ends, TimeSpan After)> EndAsync(TextSilo silo, Action end)
    {
        var readers = Enumerable.Range(0, 8).Select(_ => new TextReader(silo.Url)).ToArray();
        try
        {
            var reading = Task.WhenAll(readers.Select(async (reader, number) =>
            {
                try
                {
                    return (await reader.ReadAsync(TextSilo.Body("Once", TextSilo.Endless, number)), default(Exception));
                }
                catch (Exception fault) when (fault is IOException or HttpRequestException)
                {
                    return (default(ReadText), fault);
                }
            }));
            await Condition.HoldsAsync(() => readers.Min(reader => reader.Events), events => events > 3, "all of them read");
            var clock = Stopwatch.StartNew();
            end();
            var ends = await reading;
            return (ends, clock.Elapsed);
        }
        finally
        {
            foreach (var reader in readers) reader.Dispose();
        }
    }
}
