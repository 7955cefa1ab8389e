using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Jtfa.System.Tests.Stage;

namespace Jtfa.System.Tests;

/// <summary>Cameras of the published format, written in Python with numpy and msgpack: python/producer.py.</summary>
[Collection(nameof(AloneCollection))]
public sealed class PythonProducerTests : IDisposable
{
    // Debian's, before another that may come first on the path without the packages.
    private const string Debian = "/usr/bin/python3";
    private const double Width = 0.1;

    private static readonly string s_python = File.Exists(Debian) ? Debian : "python3";

    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Theory(Timeout = 120_000)]
    [InlineData("plain")]
    [InlineData("psmix")]
    [InlineData("hmix")]
    public async Task Its_tokens_are_decided_for_what_they_mean(string mode)
    {
        await SkipWithoutPackagesAsync();
        await using var silo = await RunningSilo.StartAsync(
            _workspace, "--k", "3", "--n", "3", "--timeout", "30000", "--window", "100", "--set", "Jtfa:Ingress:MaxAge=600000");
        const int count = 100;
        var start = (long)(TokenSocket.Now / Width) - count;
        var labels = Enumerable.Range(0, count).Select(i => (i * 7) % Workspace.Classes).ToArray();

        var ends = await Task.WhenAll(Enumerable.Range(0, 3).Select(view => ProduceAsync(silo.Port, view, mode, start, labels)));
        Assert.All(ends, end => Assert.True(end.ExitCode == 0 && end.Output is ["100"], end.ToString()));

        await DecisionRows.ReachAsync(_workspace, count);
        var decisions = (await LoggedDecision.AllAsync(_workspace)).OrderBy(decision => decision.Decision).ToArray();
        Assert.Equal(Enumerable.Range(0, count).Select(i => start + i), decisions.Select(decision => decision.Decision));
        Assert.Equal(labels, decisions.Select(decision => decision.Pred));
        Assert.All(
            decisions, decision =>
                Assert.Equal(("K", 3, true, true), (decision.Cause, decision.M, decision.Correct, decision.Confidence > 0.6)));
    }

    private async Task<ProgramEnd> ProduceAsync(int port, int view, string mode, long start, int[] labels)
    {
        var input = _workspace.Write($"labels{view}", string.Join('\n', labels));
        var script = Path.Combine(AppContext.BaseDirectory, "python", "producer.py");
        FormattableString command = $"exec {s_python} '{script}' {port} {view} {mode} {start} < '{input}'";
        return await ProgramRun.ToEndAsync(new ProcessStartInfo("/bin/sh", ["-c", command.ToString(CultureInfo.InvariantCulture)]));
    }

    private static async Task SkipWithoutPackagesAsync()
    {
        var found = false;
        try
        {
            found = (await ProgramRun.ToEndAsync(new ProcessStartInfo(s_python, ["-c", "import msgpack, numpy"]))).ExitCode == 0;
        }
        catch (Win32Exception)
        {
            // There is no python3.
        }

        Assert.SkipUnless(found, "Needs python3 with msgpack and numpy (apt-get install -y python3-msgpack python3-numpy).");
    }
}
